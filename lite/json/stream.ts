/**
 * Stream mode: a log of which readers get every record, from the first on. One
 * group, one record per frame; a new group only when the previous one is full.
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

// A frame's header, and the overhead of a coder for an incompressible record.
const FRAME_SLACK_BYTES = 64;
// Maximum age of a record.
const EVERYTHING_MS = 24 * 60 * 60 * 1000;

/** Publishes a log; owns its track. */
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

  /** Appends a record; throws `TypeError` if JSON cannot represent it. */
  write(record: unknown): void {
    const text = textOf(record);
    if (!this.#group || !this.#fits(this.#group, text)) this.#begin();
    this.#group!.writeFrame({
      timestamp: 0,
      payload: this.#encoder.frame(text),
    });
  }

  /** Ends the track; with `error` if records were lost. */
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
 * The records of the track in order, from the oldest available one. Throws `MoqError("decode")` or `"too-large"` at a
 * record that cannot be read, since later ones depend on it, and the `MoqError` of a failed track.
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
  // The size of a log is not limited, only that of each record; its reader still pauses.
  const meter = new WorkMeter(clock, Infinity);
  let newest = -1;
  try {
    for await (const group of subscription) {
      const { sequence } = group;
      if (sequence < newest) {
        log?.warn?.("part of the log arrived too late", { sequence, newest });
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
