/**
 * The reading side of one person's messages: each of them once and in order,
 * over as many subscriptions as it takes. What a subscription does not bring
 * is fetched: from a relay's cache, or from the writer.
 *
 * @module
 */
import {
  type Clock,
  type GroupConsumer,
  MoqError,
  type TrackConsumer,
} from "@moq-deno/lite";
import { deadline, groupOf } from "@moq-deno/lite/internal";
import { SIDE_TRACK_PRIORITY } from "../catalog/room.ts";
import { FIRST_MESSAGE_MULTIPLE } from "./chat_writer.ts";

const FETCH_TIMEOUT_MS = 5000;
const FRESH_MS = 5000;
const FETCHES_AT_A_TIME = 8;
const MAX_GROUP_BYTES = 64 * 1024;
const priority = SIDE_TRACK_PRIORITY.chat;

/** A message as it came. */
export interface ReceivedMessage {
  /** The number of its group. */
  readonly sequence: number;
  /** Its place in the group. */
  readonly index: number;
  /** What the writer says about the time, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Its bytes. */
  readonly payload: Uint8Array;
}

/** Options of {@linkcode ChatReader.read}. */
export interface ReadOptions {
  /** Most messages to ask for that were missed. */
  readonly history: number;
  /** Bounds each fetch. */
  readonly clock: Clock;
  /** Ends it by throwing its reason. */
  readonly signal: AbortSignal;
}

/** Remembers how far it has read, and goes on there when a writer comes back. */
export class ChatReader {
  #last: { readonly sequence: number; readonly timestamp: number } | undefined;

  /** The messages of `track` that were not read yet; ends with the track. Throws its `MoqError`, and `"too-large"` for what no chat writes. */
  async *read(
    track: TrackConsumer,
    options: ReadOptions,
  ): AsyncGenerator<ReceivedMessage, void> {
    const { signal } = options;
    const subscription = track.subscribe({
      priority,
      maxAgeMs: FRESH_MS,
      signal,
    });
    for await (const group of subscription) {
      if (!await this.#isNew(group, signal)) continue;
      const missed = await this.#missed(track, group.sequence, options);
      for (const one of [...missed, group]) yield* this.#frames(one, signal);
    }
  }

  /** Forgets how far it was when the numbers start again, as those of other programs may. */
  async #isNew(group: GroupConsumer, signal: AbortSignal): Promise<boolean> {
    const last = this.#last;
    if (!last || group.sequence > last.sequence) return true;
    try {
      for await (const { timestamp } of boundedFrames(group, signal)) {
        if (timestamp <= last.timestamp) return false;
        this.#last = undefined;
        return true;
      }
    } catch {
      signal.throwIfAborted(); // What was cut was nothing new.
    }
    return false;
  }

  /** The groups between what was read and `sequence` that can be had, oldest first; none from before one that cannot. */
  async #missed(
    track: TrackConsumer,
    sequence: number,
    options: ReadOptions,
  ): Promise<readonly GroupConsumer[]> {
    const last = this.#last?.sequence ?? -1;
    const wanted = sequencesBefore(
      sequence,
      Math.max(last, sequence - options.history - 1),
    );
    const groups: GroupConsumer[] = [];
    for (let at = 0; at < wanted.length; at += FETCHES_AT_A_TIME) {
      const some = wanted.slice(at, at + FETCHES_AT_A_TIME);
      const found = await Promise.all(
        some.map((one) => fetchWhole(track, one, options)),
      );
      const gone = found.indexOf(undefined);
      const there = gone < 0 ? found : found.slice(0, gone);
      for (const group of there) if (group) groups.unshift(group);
      if (gone >= 0) break;
    }
    return groups;
  }

  async *#frames(
    group: GroupConsumer,
    signal: AbortSignal,
  ): AsyncGenerator<ReceivedMessage, void> {
    const { sequence } = group;
    let index = 0;
    try {
      for await (const { timestamp, payload } of boundedFrames(group, signal)) {
        if (index === 0) this.#last = { sequence, timestamp };
        yield { sequence, index: index++, timestamp, payload };
      }
    } catch (error) {
      signal.throwIfAborted();
      // A group that was cut costs its own messages; one that is too large costs the writer its reader.
      if (error instanceof MoqError && error.code === "too-large") throw error;
    }
  }
}

/** The numbers below `sequence` and above `floor` that a writer may have used, highest first. */
function sequencesBefore(sequence: number, floor: number): readonly number[] {
  const sequences: number[] = [];
  for (let at = sequence; at > floor + 1; at--) {
    if (at % FIRST_MESSAGE_MULTIPLE === 0) break;
    sequences.push(at - 1);
  }
  return sequences;
}

/** All of a past group; `undefined` when it is gone or was never there. */
async function fetchWhole(
  track: TrackConsumer,
  sequence: number,
  { clock, signal }: ReadOptions,
): Promise<GroupConsumer | undefined> {
  const limit = deadline(clock, FETCH_TIMEOUT_MS, signal);
  try {
    const group = await track.fetch(sequence, {
      priority,
      signal: limit.signal,
    });
    for await (const _ of boundedFrames(group, limit.signal));
    return group;
  } catch {
    signal.throwIfAborted();
    return undefined; // What is older is gone too.
  } finally {
    limit.clear();
  }
}

/** The frames of a group that may not grow beyond what chat needs, looked at before more of it comes. */
async function* boundedFrames(
  consumer: GroupConsumer,
  signal: AbortSignal,
): AsyncGenerator<{ timestamp: number; payload: Uint8Array }, void> {
  const group = groupOf(consumer);
  const { log } = group;
  const release = log.wakeOn(signal);
  let timestamp = 0;
  try {
    for (let index = 0;;) {
      signal.throwIfAborted();
      if (log.length > MAX_GROUP_BYTES) {
        throw new MoqError(
          "too-large",
          `Expected messages of at most ${MAX_GROUP_BYTES} bytes together, got ${log.length}`,
        );
      }
      if (group.retired) throw group.retired;
      const frame = group.frame(index, timestamp);
      if (frame) {
        index++;
        timestamp = frame.timestamp;
        yield frame;
      } else if (log.ended?.error) throw log.ended.error;
      else if (log.ended) return;
      else await log.changed();
    }
  } finally {
    release();
  }
}
