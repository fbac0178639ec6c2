/**
 * Follows a track by its newest group. Earlier groups are not needed, since
 * every group starts with the complete value.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import { type GroupConsumer, groupOf } from "../model/group.ts";
import type { TrackConsumer } from "../model/track.ts";
import type { TrackSubscription } from "../model/subscription.ts";
import { systemClock } from "../time.ts";
import {
  type ConsumeJsonOptions,
  type DecodedFrame,
  GroupDecoder,
} from "./frame.ts";
import {
  MAX_JSON_FIELDS,
  MAX_WALKS_PER_GROUP,
  WorkMeter,
} from "./work_meter.ts";

/** A decoded frame; the reader owns its value. */
export interface JsonFrame extends DecodedFrame {
  /** Its place in its group. */
  readonly index: number;
  /** Counts the work that the reader does with the value. */
  readonly meter: WorkMeter;
  /** Whether it is the newest frame of its group so far. */
  readonly isNewest: boolean;
}

/** Reads one group's frames; throws `MoqError("decode")` to skip the group, `"too-large"` to end the track. */
export interface JsonFrameReader<T> {
  /** The values that result from `frame`, possibly none. */
  read(frame: JsonFrame): Iterable<T>;
}

/**
 * The values that `reader` returns for the frames of the newest group. A group that cannot be read is logged and skipped.
 * Throws `MoqError("too-large")`, which names the track, at the first value or group over a limit.
 */
export async function* followNewest<T>(
  track: TrackConsumer,
  reader: JsonFrameReader<T>,
  options: ConsumeJsonOptions,
): AsyncGenerator<T, void> {
  const { signal, priority, log, clock = systemClock } = options;
  const maxUnits = MAX_WALKS_PER_GROUP * (options.maxFields ?? MAX_JSON_FIELDS);
  const meter = new WorkMeter(clock, maxUnits);
  const groups = new NewestGroup(track.subscribe({ priority, signal }), signal);
  const release = signal && groups.latch.wakeOn(signal);
  let hadValue = false;
  let failure: MoqError | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const group = groups.take();
      if (!group && groups.hasEnded) break;
      if (!group) {
        await groups.latch.changed();
        continue;
      }
      const left = groups.left;
      try {
        meter.beginGroup();
        const decoder = new GroupDecoder(options, meter);
        let index = 0;
        for await (const { payload } of group.frames(left)) {
          await meter.rest(payload.byteLength, left);
          const decoded = decoder.frame(payload);
          const isNewest = ++index === groupOf(group).frameCount;
          const frame = { ...decoded, index: index - 1, meter, isNewest };
          for (const value of reader.read(frame)) {
            hadValue = true;
            yield value;
          }
        }
      } catch (error) {
        if (left.aborted) continue;
        failure = asMoqError(error);
        if (failure.code === "too-large") {
          const message =
            `Stopped reading track "${track.name}": ${failure.message}`;
          throw new MoqError(failure.code, message, { cause: failure });
        }
        log?.warn?.("group not readable", {
          track: track.name,
          sequence: group.sequence,
          error: failure.message,
        });
      }
    }
    const error = groups.error ?? (hadValue ? undefined : failure);
    if (error) throw error;
  } finally {
    release?.();
    await groups.close();
  }
}

/** Receives groups and keeps the newest. */
class NewestGroup {
  readonly latch = new Latch();
  hasEnded = false;
  error: MoqError | undefined;
  readonly #subscription: TrackSubscription;
  readonly #signal: AbortSignal | undefined;
  readonly #running: Promise<void>;
  #fresh: GroupConsumer | undefined;
  #newest = -1;
  #leave = new AbortController();

  constructor(subscription: TrackSubscription, signal?: AbortSignal) {
    this.#subscription = subscription;
    this.#signal = signal;
    this.#running = this.#run();
  }

  /** Aborts when the group taken last is no longer the newest. */
  get left(): AbortSignal {
    return this.#leave.signal;
  }

  /** The newest group, if it was not taken before. */
  take(): GroupConsumer | undefined {
    const group = this.#fresh;
    this.#fresh = undefined;
    if (group) this.#leave = new AbortController();
    return group;
  }

  async close(): Promise<void> {
    this.#leave.abort(new MoqError("cancelled", "Track is no longer read"));
    this.#subscription.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      for await (const group of this.#subscription) {
        if (group.sequence <= this.#newest) continue;
        this.#newest = group.sequence;
        this.#fresh = group;
        this.#leave.abort(
          new MoqError("cancelled", "A newer group replaced this one"),
        );
        this.latch.wake();
      }
    } catch (error) {
      this.error = asMoqError(error);
      // After a failure of the track, what arrived of its newest group is still read.
      if (this.#signal?.aborted) this.#leave.abort(this.error);
    }
    this.hasEnded = true;
    this.latch.wake();
  }
}
