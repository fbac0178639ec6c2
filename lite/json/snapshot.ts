/**
 * Snapshot mode: a value that changes. A group starts with the whole value, later
 * frames are merge patches (RFC 7396), readers want only the newest state.
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

/** Publishes a value that changes; owns its track. */
export class SnapshotProducer {
  readonly #writer: GroupWriter;
  #current: unknown;

  /** Publishes nothing before the first update. */
  constructor(track: TrackProducer, options: ProduceJsonOptions = {}) {
    this.#writer = new GroupWriter(track, options);
  }

  /** Publishes `value` if it differs from the one before; throws `TypeError` if JSON cannot represent it. */
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

  /** Ends the track; with `error` if it failed. */
  close(error?: MoqError): void {
    this.#writer.close(error);
  }
}

/**
 * The current value of the track, and each new one when it changes; a slow reader only sees the newest. Values do not
 * change after they were yielded, but share parts with later ones, so the reader must not change them either. A group
 * that cannot be read is logged and skipped. Throws its `MoqError` if the track ends without a value, and
 * `MoqError("too-large")` at once for a value or a group over a limit.
 */
export function consumeSnapshots(
  track: TrackConsumer,
  options: ConsumeJsonOptions = {},
): AsyncGenerator<unknown, void> {
  return followNewest(track, new SnapshotReader(options), options);
}

/** Reads the frames of a group: the whole value, then patches, with limits on the result. */
export class SnapshotReader implements JsonFrameReader<unknown> {
  readonly #maxBytes: number;
  readonly #maxFields: number;
  #current = new PatchedValue(undefined);
  #bytes = 0;
  #fields = 0;

  /** Only uses the limits in the options. */
  constructor({ maxBytes, maxFields }: ConsumeJsonOptions) {
    this.#maxBytes = maxBytes ?? MAX_JSON_BYTES;
    this.#maxFields = maxFields ?? MAX_JSON_FIELDS;
  }

  /** The value after the newest frame, nothing after older frames; throws `MoqError("too-large")` if the value exceeds a limit. */
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
    // The reader walks the whole value.
    meter.charge(this.#fields, this.#bytes);
    yield this.#current.handOut();
  }

  // A peer could let a value grow without end by small patches. Its frames' sums are an upper bound, so measure only above that.
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
      `Value of ${this.#bytes} bytes after a patch exceeds the limit of ${this.#maxBytes}`,
    );
  }
}
