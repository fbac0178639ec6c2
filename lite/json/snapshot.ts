/**
 * Snapshot mode: a value that changes. A group begins with all of it, later
 * frames are merge patches (RFC 7396), a reader wants the newest state only.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { TrackConsumer, TrackProducer } from "../model/track.ts";
import {
  type ConsumeJsonOptions,
  MAX_JSON_BYTES,
  type ProduceJsonOptions,
  textOf,
} from "./frame.ts";
import { GroupWriter } from "./group_writer.ts";
import { diffJson, equalJson, mergePatch } from "./merge_patch.ts";
import {
  followNewest,
  type FrameReader,
  type JsonFrame,
} from "./newest_group.ts";

/** Publishes a value that changes; it owns the track from here on. */
export class SnapshotProducer {
  readonly #writer: GroupWriter;
  #current: unknown;

  /** Publishes nothing before the first update. */
  constructor(track: TrackProducer, options: ProduceJsonOptions = {}) {
    this.#writer = new GroupWriter(track, options);
  }

  /** Publishes `value` if it is another than the one before; throws `TypeError` when JSON cannot say it. */
  update(value: unknown): void {
    const text = textOf(value);
    const json: unknown = JSON.parse(text);
    if (equalJson(this.#current, json)) return;
    const patch = this.#writer.hasRoom
      ? diffJson(this.#current, json)
      : undefined;
    const delta = patch && textOf(patch);
    if (delta !== undefined && delta.length < text.length) {
      this.#writer.add(delta);
    } else {
      this.#writer.begin(text);
    }
    this.#current = json;
  }

  /** Ends the track; with `error` when the value was lost. */
  close(error?: MoqError): void {
    this.#writer.close(error);
  }
}

/**
 * The value of the track, newest first and then as it changes; a slow reader sees only the newest. A group that cannot be
 * read is logged and passed over; throws its `MoqError` when the track ends without a value.
 */
export function consumeSnapshots(
  track: TrackConsumer,
  options: ConsumeJsonOptions = {},
): AsyncGenerator<unknown, void> {
  return followNewest(track, new SnapshotReader(options), options);
}

/** Puts the frames of a group together: all of the value, then patches, the sum bounded. */
export class SnapshotReader implements FrameReader<unknown> {
  readonly #maxBytes: number;
  #current: unknown;
  #bytes = 0;

  /** Takes `maxBytes` alone of the options. */
  constructor({ maxBytes = MAX_JSON_BYTES }: ConsumeJsonOptions) {
    this.#maxBytes = maxBytes;
  }

  /** The value after the newest frame, nothing after one that is not; throws `MoqError("decode")` for one that grew too large. */
  *read({ index, value, bytes, isNewest }: JsonFrame): Iterable<unknown> {
    if (index === 0) {
      this.#current = value;
      this.#bytes = bytes;
    } else {
      this.#current = mergePatch(this.#current, value);
      this.#grow(bytes);
    }
    if (isNewest) yield this.#current;
  }

  // A peer could let a value grow by small patches without end. It has at most the bytes of all its frames.
  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return;
    this.#bytes = textOf(this.#current).length;
    if (this.#bytes <= this.#maxBytes) return;
    throw new MoqError(
      "decode",
      `Expected a value of at most ${this.#maxBytes} bytes, got ${this.#bytes} after a patch`,
    );
  }
}
