/**
 * Stream mode: a log of which a reader gets every record, from its first one
 * on. One group, one record a frame; another group only when the first is full.
 *
 * @module
 */
import { asMoqError, type MoqError } from "../error.ts";
import { MAX_GROUP_BYTES, MAX_GROUP_FRAMES } from "../model/frame.ts";
import type { GroupProducer } from "../model/group.ts";
import type { TrackConsumer, TrackProducer } from "../model/track.ts";
import { systemClock } from "../time.ts";
import {
  type ConsumeJsonOptions,
  GroupDecoder,
  GroupEncoder,
  type ProduceJsonOptions,
  textOf,
} from "./frame.ts";
import { WorkMeter } from "./work_meter.ts";

// A frame's header, and what a coder may add to a record that it cannot make smaller.
const FRAME_SLACK_BYTES = 64;
// As old as a record may be and still be wanted.
const EVERYTHING_MS = 24 * 60 * 60 * 1000;

/** Publishes a log; it owns the track from here on. */
export class StreamProducer {
  readonly #track: TrackProducer;
  readonly #options: Pick<ProduceJsonOptions, "compression">;
  #group: GroupProducer | undefined;
  #encoder: GroupEncoder;

  /** Publishes nothing before the first record. */
  constructor(
    track: TrackProducer,
    options: Pick<ProduceJsonOptions, "compression"> = {},
  ) {
    this.#track = track;
    this.#options = options;
    this.#encoder = new GroupEncoder(options.compression);
  }

  /** Appends a record; throws `TypeError` when JSON cannot say it. */
  write(record: unknown): void {
    const text = textOf(record);
    if (!this.#group || !this.#fits(this.#group, text)) this.#begin();
    this.#group!.writeFrame({
      timestamp: 0,
      payload: this.#encoder.frame(text),
    });
  }

  /** Ends the track; with `error` when records were lost. */
  close(error?: MoqError): void {
    this.#group?.close(error);
    this.#track.close(error);
  }

  #fits(group: GroupProducer, text: string): boolean {
    const worst = text.length * 3 + FRAME_SLACK_BYTES;
    return group.frameCount < MAX_GROUP_FRAMES &&
      group.log.length + worst <= MAX_GROUP_BYTES;
  }

  #begin(): void {
    this.#group?.close();
    this.#group = this.#track.group();
    this.#encoder = new GroupEncoder(this.#options.compression);
  }
}

/**
 * The records of the track in order, as far back as they can be had. Throws `MoqError("decode")` or `"too-large"` at a record that cannot be read, since what follows
 * could not be either, and the `MoqError` with which the track failed.
 */
export async function* consumeStream(
  track: TrackConsumer,
  options: ConsumeJsonOptions = {},
): AsyncGenerator<unknown, void> {
  const { signal, priority, log, clock = systemClock } = options;
  const subscription = track.subscribe({
    priority,
    signal,
    from: "all",
    startGroup: 0,
    maxAgeMs: EVERYTHING_MS,
  });
  // A log has no bound but that of each record; its reader still rests.
  const meter = new WorkMeter({ clock, maxUnits: Infinity });
  let newest = -1;
  try {
    for await (const group of subscription) {
      const { sequence } = group;
      if (sequence < newest) {
        log?.warn?.("part of the log came too late", { sequence, newest });
        continue;
      }
      newest = sequence;
      const decoder = new GroupDecoder(options, meter);
      for await (const { payload } of group.frames(signal)) {
        await meter.rest(payload.byteLength, signal);
        yield decoder.frame(payload).value;
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw asMoqError(error);
  } finally {
    subscription.close();
  }
}
