/**
 * One frame of a JSON track: bytes from and to a value, bounded on the way in,
 * compressed where both sides have agreed on it.
 *
 * @module
 */
import { countFields } from "./depth.ts";
import { asMoqError, MoqError } from "../error.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../time.ts";
import type { Compression, FrameCoder } from "./compression.ts";
import { MAX_JSON_FIELDS, type WorkMeter } from "./work_meter.ts";

/** Most bytes of one value, unless the reader allows more. */
export const MAX_JSON_BYTES: number = 1 << 20;

// A group may inflate to so many values of the largest size, or to so many times its own bytes.
const MAX_INFLATION = 64;

/** Options of the producers. */
export interface ProduceJsonOptions {
  /** Compresses each group. Default plain. */
  readonly compression?: Compression | undefined;
  /** A new group begins when the frames after its first one have this many times the first one's bytes; 0 is a group for each change. Default 8. */
  readonly deltaRatio?: number | undefined;
}

/** Options of the readers. */
export interface ConsumeJsonOptions {
  /** The same that the publisher compresses with. Default plain. */
  readonly compression?: Compression | undefined;
  /** Most bytes of a value. Default {@linkcode MAX_JSON_BYTES}. */
  readonly maxBytes?: number | undefined;
  /** Most fields and array elements of a value. Default {@linkcode MAX_JSON_FIELDS}. */
  readonly maxFields?: number | undefined;
  /** Time, for the rest that a reader takes after much work. Default the system's. */
  readonly clock?: Clock | undefined;
  /** 0 to 255, higher is sent first. Default 0. */
  readonly priority?: number | undefined;
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of groups that could not be read. */
  readonly log?: Logger | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** `value` as JSON text; throws `TypeError` for one that JSON cannot say. */
export function textOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text !== undefined) return text;
  throw new TypeError(`Expected a value for JSON, got ${typeof value}`);
}

/** Encodes the frames of one group. */
export class GroupEncoder {
  readonly #coder: FrameCoder | undefined;

  /** Begins a group. */
  constructor(compression: Compression | undefined) {
    this.#coder = compression?.deflate();
  }

  /** The payload of the group's next frame. */
  frame(text: string): Uint8Array {
    const bytes = encoder.encode(text);
    return this.#coder ? this.#coder.frame(bytes) : bytes;
  }
}

/** What a frame holds. */
export interface DecodedFrame {
  /** The value. */
  readonly value: unknown;
  /** Bytes of its text. */
  readonly bytes: number;
  /** Its fields and array elements, all levels together. */
  readonly fields: number;
}

/** Decodes the frames of one group, in order. */
export class GroupDecoder {
  readonly #maxBytes: number;
  readonly #maxFields: number;
  readonly #coder: FrameCoder | undefined;
  readonly #meter: WorkMeter;
  #wireBytes = 0;
  #inflatedBytes = 0;

  /** Begins a group, whose work counts in `meter`. */
  constructor(options: ConsumeJsonOptions, meter: WorkMeter) {
    const { compression, maxBytes = MAX_JSON_BYTES } = options;
    this.#maxBytes = maxBytes;
    this.#maxFields = options.maxFields ?? MAX_JSON_FIELDS;
    this.#coder = compression?.inflate(maxBytes);
    this.#meter = meter;
  }

  /** The value in the group's next frame; throws `MoqError("decode")`, and `"too-large"` beyond a bound. */
  frame(payload: Uint8Array): DecodedFrame {
    const bytes = this.#inflated(payload);
    this.#meter.charge(0, bytes.byteLength);
    if (bytes.byteLength > this.#maxBytes) {
      throw new MoqError(
        "too-large",
        `Expected JSON of at most ${this.#maxBytes} bytes, got ${bytes.byteLength}`,
      );
    }
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(bytes));
    } catch (cause) {
      throw new MoqError(
        "decode",
        `Expected JSON, got other bytes: ${asMoqError(cause).message}`,
        { cause },
      );
    }
    const fields = countFields(value);
    this.#meter.charge(fields);
    checkFields(fields, this.#maxFields);
    return { value, bytes: bytes.byteLength, fields };
  }

  #inflated(payload: Uint8Array): Uint8Array {
    if (!this.#coder) return payload;
    let bytes: Uint8Array;
    try {
      bytes = this.#coder.frame(payload);
    } catch (cause) {
      // As much may have been inflated before it failed.
      this.#meter.charge(0, this.#maxBytes);
      throw new MoqError(
        "decode",
        `Expected a compressed frame of at most ${this.#maxBytes} bytes, got another: ${
          asMoqError(cause).message
        }`,
        { cause },
      );
    }
    this.#wireBytes += payload.byteLength;
    this.#inflatedBytes += bytes.byteLength;
    const most = MAX_INFLATION * Math.max(this.#maxBytes, this.#wireBytes);
    if (this.#inflatedBytes > most) {
      throw new MoqError(
        "too-large",
        `Expected a compressed group that inflates to at most ${most} bytes, got ${this.#inflatedBytes}`,
      );
    }
    return bytes;
  }
}

/** Throws `MoqError("too-large")` for more fields than a value may have. */
export function checkFields(fields: number, maxFields: number): void {
  if (fields <= maxFields) return;
  throw new MoqError(
    "too-large",
    `Expected JSON of at most ${maxFields} fields, got ${fields}`,
  );
}
