/**
 * Encodes and decodes the frames of a JSON track: size limits when decoding,
 * and optional compression.
 *
 * @module
 */
import { countFields } from "./depth.ts";
import { messageOf, MoqError } from "../error.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../time.ts";
import type { Compression, FrameCoder } from "./compression.ts";
import { MAX_JSON_FIELDS, type WorkMeter } from "./work_meter.ts";

/** Default limit of one value, in bytes. */
export const MAX_JSON_BYTES: number = 1 << 20;

// A group may inflate to this many values of the largest size, or to this many times its own bytes.
const MAX_INFLATION = 64;

/** Options of the producers. */
export interface ProduceJsonOptions {
  /** Compresses each group. Default plain. */
  readonly compression?: Compression | undefined;
  /** Starts a new group when the later frames have this many times the bytes of the first one; 0 starts one for each change. Default 8. */
  readonly deltaRatio?: number | undefined;
}

/** Options of the readers. */
export interface ConsumeJsonOptions {
  /** The publisher's compression. Default plain. */
  readonly compression?: Compression | undefined;
  /** Most bytes of a value. Default {@linkcode MAX_JSON_BYTES}. */
  readonly maxBytes?: number | undefined;
  /** Most fields and array elements of a value. Default {@linkcode MAX_JSON_FIELDS}. */
  readonly maxFields?: number | undefined;
  /** Times the pauses of a reader after much work. Default the system's. */
  readonly clock?: Clock | undefined;
  /** 0 to 255, higher is sent first. Default 0. */
  readonly priority?: number | undefined;
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Logs groups that could not be read. */
  readonly log?: Logger | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** `value` as JSON text; throws `TypeError` for one that JSON cannot represent. */
export function textOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text !== undefined) return text;
  throw new TypeError(`Expected a value for JSON, got ${typeof value}`);
}

/** Encodes the frames of one group. */
export class GroupEncoder {
  readonly #coder: FrameCoder | undefined;

  /** Starts a group. */
  constructor(compression: Compression | undefined) {
    this.#coder = compression?.deflate();
  }

  /** The payload of the group's next frame. */
  frame(text: string): Uint8Array {
    const bytes = encoder.encode(text);
    return this.#coder ? this.#coder.frame(bytes) : bytes;
  }
}

/** A decoded frame. */
export interface DecodedFrame {
  /** The value. */
  readonly value: unknown;
  /** The length of its text in bytes. */
  readonly bytes: number;
  /** The number of its fields and array elements, on all levels. */
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

  /** Starts a group; `meter` counts the work. */
  constructor(options: ConsumeJsonOptions, meter: WorkMeter) {
    const { compression, maxBytes = MAX_JSON_BYTES } = options;
    this.#maxBytes = maxBytes;
    this.#maxFields = options.maxFields ?? MAX_JSON_FIELDS;
    this.#coder = compression?.inflate(maxBytes);
    this.#meter = meter;
  }

  /** The value in the group's next frame; throws `MoqError("decode")`, and `"too-large"` over a limit. */
  frame(payload: Uint8Array): DecodedFrame {
    const bytes = this.#inflated(payload);
    this.#meter.charge(0, bytes.byteLength);
    if (bytes.byteLength > this.#maxBytes) {
      throw new MoqError(
        "too-large",
        `JSON of ${bytes.byteLength} bytes exceeds the limit of ${this.#maxBytes}`,
      );
    }
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(bytes));
    } catch (cause) {
      throw new MoqError(
        "decode",
        `Invalid JSON: ${messageOf(cause)}`,
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
      // Up to this much may have been inflated before it failed.
      this.#meter.charge(0, this.#maxBytes);
      throw new MoqError(
        "decode",
        `Cannot decompress a frame to at most ${this.#maxBytes} bytes: ${
          messageOf(cause)
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
        `Group inflates to ${this.#inflatedBytes} bytes, over the limit of ${most}`,
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
    `JSON of ${fields} fields exceeds the limit of ${maxFields}`,
  );
}
