/**
 * Snapshot mode: a value that changes. A group begins with all of it, later
 * frames are merge patches (RFC 7396), a reader wants the newest state only.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import type { TrackConsumer, TrackProducer } from "../model/track.ts";
import {
  checkFields,
  type ConsumeJsonOptions,
  MAX_JSON_BYTES,
  type ProduceJsonOptions,
  textOf,
} from "./frame.ts";
import { GroupWriter } from "./group_writer.ts";
import { countFields } from "./depth.ts";
import { diffJson, equalJson } from "./merge_patch.ts";
import {
  followNewest,
  type JsonFrame,
  type JsonFrameReader,
} from "./newest_group.ts";
import { PatchedValue } from "./patched_value.ts";
import { MAX_JSON_FIELDS } from "./work_meter.ts";

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
 * The value of the track, newest first and then as it changes; a slow reader sees only the newest. A value does not change
 * after it was yielded, but shares parts with the next ones, so it must not be changed by its reader either. A group that
 * cannot be read is logged and passed over; throws its `MoqError` when the track ends without a value, and
 * `MoqError("too-large")` at once for a value or a group beyond the bounds.
 */
export function consumeSnapshots(
  track: TrackConsumer,
  options: ConsumeJsonOptions = {},
): AsyncGenerator<unknown, void> {
  return followNewest(track, new SnapshotReader(options), options);
}

/** Puts the frames of a group together: all of the value, then patches, the sum bounded. */
export class SnapshotReader implements JsonFrameReader<unknown> {
  readonly #maxBytes: number;
  readonly #maxFields: number;
  #current = new PatchedValue(undefined);
  #bytes = 0;
  #fields = 0;

  /** Takes the bounds alone of the options. */
  constructor({ maxBytes, maxFields }: ConsumeJsonOptions) {
    this.#maxBytes = maxBytes ?? MAX_JSON_BYTES;
    this.#maxFields = maxFields ?? MAX_JSON_FIELDS;
  }

  /** The value after the newest frame, nothing after one that is not; throws `MoqError("too-large")` for one that grew beyond a bound. */
  *read(frame: JsonFrame): Iterable<unknown> {
    const { index, value, bytes, fields, isNewest, meter } = frame;
    if (index === 0) {
      this.#current = new PatchedValue(value);
      this.#bytes = bytes;
      this.#fields = fields;
    } else {
      meter.charge(this.#current.apply(value));
      this.#grow(frame);
    }
    if (!isNewest) return;
    // The reader walks through all of it.
    meter.charge(this.#fields, this.#bytes);
    yield this.#current.handOut();
  }

  // A peer could let a value grow by small patches without end. It has at most the bytes and fields of all its frames.
  #grow({ bytes, fields, meter }: JsonFrame): void {
    this.#bytes += bytes;
    this.#fields += fields;
    if (this.#bytes <= this.#maxBytes && this.#fields <= this.#maxFields) {
      return;
    }
    const value = this.#current.value;
    this.#bytes = textOf(value).length;
    this.#fields = countFields(value);
    meter.charge(2 * this.#fields, this.#bytes);
    checkFields(this.#fields, this.#maxFields);
    if (this.#bytes <= this.#maxBytes) return;
    throw new MoqError(
      "too-large",
      `Expected a value of at most ${this.#maxBytes} bytes, got ${this.#bytes} after a patch`,
    );
  }
}
