/**
 * Reader and Writer: every field of every message, bounds-checked, over one
 * buffer.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { MAX_NAME_BYTES, MAX_PATH_BYTES, normalizePath } from "../path.ts";
import {
  readBigVarint,
  readVarint,
  varintLength,
  varintSize,
  writeVarint,
} from "./varint.ts";

const encoder = new TextEncoder();
// A byte order mark is part of a name like any other character.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads fields in order; every read past the end throws `MoqError("decode")`. */
export class Reader {
  readonly #from: Uint8Array;
  #at = 0;

  /** A cursor at the start of `from`, which it never changes. */
  constructor(from: Uint8Array) {
    this.#from = from;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#from.byteLength - this.#at;
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new MoqError(
        "decode",
        `Expected ${length} more bytes, got ${this.remaining}`,
      );
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  #varintAt(): number {
    if (this.remaining === 0) {
      throw new MoqError("decode", "Expected a varint, got the end");
    }
    return this.#take(varintLength(this.#from[this.#at]!));
  }

  /** One byte. */
  u8(): number {
    return this.#from[this.#take(1)]!;
  }

  /** A varint up to 2^53-1; larger ones are an error. */
  varint(): number {
    const value = readVarint(this.#from, this.#varintAt());
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new MoqError(
        "decode",
        `Expected an integer up to 2^53-1, got about ${value}`,
      );
    }
    return value;
  }

  /** As {@linkcode Reader.varint}, a number of `what`: more than `most` is an error. */
  count(most: number, what: string): number {
    const count = this.varint();
    if (count <= most) return count;
    throw new MoqError(
      "decode",
      `Expected at most ${most} ${what}, got ${count}`,
    );
  }

  /** A varint up to 2^62-1: an opaque id. */
  id(): bigint {
    return readBigVarint(this.#from, this.#varintAt());
  }

  /** `0` for absent, else the value plus one. */
  optional(): number | undefined {
    const value = this.varint();
    return value === 0 ? undefined : value - 1;
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#from.subarray(at, at + length);
  }

  /** A varint length and that many bytes, as a view. */
  sized(): Uint8Array {
    return this.bytes(this.varint());
  }

  /** The next `length` bytes as UTF-8 text; anything else is an error. */
  text(length: number): string {
    const bytes = this.bytes(length);
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new MoqError("decode", "Expected UTF-8 text, got other bytes", {
        cause,
      });
    }
  }

  /** A sized UTF-8 string. */
  string(): string {
    return this.text(this.varint());
  }

  /** A sized broadcast path, normalized. Throws `MoqError("too-large")` over 4096 bytes. */
  path(): string {
    return normalizePath(this.#bounded("a path", MAX_PATH_BYTES));
  }

  /** A sized track name. Throws `MoqError("too-large")` over 1024 bytes. */
  name(): string {
    return this.#bounded("a track name", MAX_NAME_BYTES);
  }

  #bounded(what: string, most: number): string {
    const length = this.varint();
    if (length <= most) return this.text(length);
    throw new MoqError(
      "too-large",
      `Expected ${what} of at most ${most} bytes, got ${length}`,
    );
  }

  /** Everything that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Ends the message; leftovers are an error. */
  end(): void {
    if (this.remaining > 0) {
      throw new MoqError(
        "decode",
        `Expected the end of the message, got ${this.remaining} more bytes`,
      );
    }
  }
}

/** Collects fields into one growing buffer; methods chain. */
export class Writer {
  #into = new Uint8Array(64);
  #at = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  #reserve(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#into.byteLength) {
      const larger = new Uint8Array(
        Math.max(this.#at, this.#into.byteLength * 2),
      );
      larger.set(this.#into);
      this.#into = larger;
    }
    return at;
  }

  /** One byte. */
  u8(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw new RangeError(`Expected a byte from 0 to 255, got ${value}`);
    }
    const at = this.#reserve(1); // may replace the buffer
    this.#into[at] = value;
    return this;
  }

  /** A varint in its shortest form. */
  varint(value: number | bigint): this {
    const at = this.#reserve(varintSize(value));
    writeVarint(this.#into, at, value);
    return this;
  }

  /** `0` for absent, else the value plus one. */
  optional(value: number | undefined): this {
    return this.varint(value === undefined ? 0 : value + 1);
  }

  /** Bytes as they are. */
  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.byteLength);
    this.#into.set(value, at);
    return this;
  }

  /** A varint length and the bytes. */
  sized(value: Uint8Array): this {
    return this.varint(value.byteLength).bytes(value);
  }

  /** A sized UTF-8 string; broadcast paths are written with this too. */
  string(value: string): this {
    return this.sized(encoder.encode(value));
  }

  /** The bytes written; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#into.subarray(0, this.#at);
  }

  /** The bytes written behind their own varint length: a whole message. */
  message(): Uint8Array {
    const whole = new Uint8Array(varintSize(this.#at) + this.#at);
    whole.set(this.finish(), writeVarint(whole, 0, this.#at));
    return whole;
  }
}
