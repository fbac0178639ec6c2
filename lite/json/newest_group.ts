/**
 * Following a track by its newest group: what came before is not needed, since
 * every group begins with everything.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { GroupConsumer } from "../model/group.ts";
import type { TrackConsumer } from "../model/track.ts";
import type { TrackSubscription } from "../model/subscription.ts";
import { type ConsumeJsonOptions, GroupDecoder } from "./frame.ts";

/** One frame with a value that could be read. */
export interface JsonFrame {
  /** Its place in its group. */
  readonly index: number;
  /** The value. */
  readonly value: unknown;
  /** Bytes of its text. */
  readonly bytes: number;
  /** Whether nothing newer has arrived in its group. */
  readonly isNewest: boolean;
}

/** Reads one group's frames; each throws `MoqError("decode")` to give the group up. */
export interface FrameReader<T> {
  /** What the frame says, nothing when there is nothing to say. */
  read(frame: JsonFrame): Iterable<T>;
}

/** What `reader` makes of the frames of the newest group, whichever that is; a group that cannot be read is logged and passed over. */
export async function* followNewest<T>(
  track: TrackConsumer,
  reader: FrameReader<T>,
  options: ConsumeJsonOptions,
): AsyncGenerator<T, void> {
  const { signal, priority, log } = options;
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
        const decoder = new GroupDecoder(options);
        let index = 0;
        for await (const { payload } of group.frames(left)) {
          const { frameCount } = group.group;
          const frame = {
            ...decoder.frame(payload),
            index: index++,
            isNewest: index === frameCount,
          };
          for (const value of reader.read(frame)) {
            hadValue = true;
            yield value;
          }
        }
      } catch (error) {
        if (left.aborted) continue;
        failure = asMoqError(error);
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

/** Takes groups as they come and keeps the newest. */
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

  /** Aborts when the group that was taken last is no longer the newest. */
  get left(): AbortSignal {
    return this.#leave.signal;
  }

  /** The newest group, once. */
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
        this.#leave.abort(new MoqError("cancelled", "A newer group came"));
        this.latch.wake();
      }
    } catch (error) {
      this.error = asMoqError(error);
      // A track that fails leaves what arrived of its newest group to be read.
      if (this.#signal?.aborted) this.#leave.abort(this.error);
    }
    this.hasEnded = true;
    this.latch.wake();
  }
}
