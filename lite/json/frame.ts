/**
 * One frame of a JSON track: bytes from and to a value, bounded on the way in,
 * compressed where both sides have agreed on it.
 *
 * @module
 */
import { checkDepth } from "./depth.ts";
import { asMoqError, MoqError } from "../error.ts";
import type { Logger } from "../log.ts";
import type { Compression, FrameCoder } from "./compression.ts";

/** Most bytes of one value, unless the reader allows more. */
export const MAX_JSON_BYTES = 1 << 20;

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

/** Decodes the frames of one group, in order. */
export class GroupDecoder {
  readonly #maxBytes: number;
  readonly #coder: FrameCoder | undefined;

  /** Begins a group. */
  constructor(
    { compression, maxBytes = MAX_JSON_BYTES }: ConsumeJsonOptions,
  ) {
    this.#maxBytes = maxBytes;
    this.#coder = compression?.inflate(maxBytes);
  }

  /** The value in the group's next frame, and the bytes of its text; throws `MoqError("decode")`. */
  frame(
    payload: Uint8Array,
  ): { readonly value: unknown; readonly bytes: number } {
    const bytes = this.#inflated(payload);
    if (bytes.byteLength > this.#maxBytes) {
      throw new MoqError(
        "decode",
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
    checkDepth(value);
    return { value, bytes: bytes.byteLength };
  }

  #inflated(payload: Uint8Array): Uint8Array {
    if (!this.#coder) return payload;
    try {
      return this.#coder.frame(payload);
    } catch (cause) {
      throw new MoqError(
        "decode",
        `Expected a compressed frame of at most ${this.#maxBytes} bytes, got another: ${
          asMoqError(cause).message
        }`,
        { cause },
      );
    }
  }
}
