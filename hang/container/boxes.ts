/**
 * A small splitter for ISO base media boxes, ISO/IEC 14496-12 section 4.2:
 * what CMAF needs and no more.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { joinBytes } from "@moq-deno/lite/internal";

/** Bytes of a box's size and type. */
export const HEADER_BYTES = 8;
/** The same with a size of 64 bits. */
export const LARGE_HEADER_BYTES = 16;

/** One box. */
export interface Mp4Box {
  /** Four characters. */
  readonly type: string;
  /** Offset of its header in the bytes that were split. */
  readonly start: number;
  /** What follows the header, as a view. */
  readonly body: Uint8Array;
}

const EMPTY_HEADER = new Uint8Array(HEADER_BYTES);

/** The numbers in `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The boxes that `bytes` consist of; throws `MoqError("decode")` when one does not fit. */
export function splitBoxes(bytes: Uint8Array): Mp4Box[] {
  const view = viewOf(bytes);
  const boxes: Mp4Box[] = [];
  for (let start = 0; start < bytes.byteLength;) {
    const room = bytes.byteLength - start;
    if (room < HEADER_BYTES) {
      throw new MoqError("decode", `Expected a box header, got ${room} bytes`);
    }
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    const short = view.getUint32(start);
    const isLarge = short === 1 && room >= LARGE_HEADER_BYTES;
    const header = isLarge ? LARGE_HEADER_BYTES : HEADER_BYTES;
    const size = isLarge
      ? Number(view.getBigUint64(start + HEADER_BYTES))
      : short === 0
      ? room
      : short;
    if (size < header || size > room) {
      throw new MoqError(
        "decode",
        `Expected box ${type} to have ${header} to ${room} bytes, got ${size}`,
      );
    }
    boxes.push({
      type,
      start,
      body: bytes.subarray(start + header, start + size),
    });
    start += size;
  }
  return boxes;
}

/** The first box of `type`; throws `MoqError("decode")` that names it and its parent when there is none. */
export function findBox(
  boxes: readonly Mp4Box[],
  type: string,
  parent: string,
): Mp4Box {
  const box = boxes.find((one) => one.type === type);
  if (box) return box;
  const found = boxes.map((one) => one.type).slice(0, 10).join(", ");
  throw new MoqError(
    "decode",
    `Expected box ${type} in ${parent}, got ${found === "" ? "none" : found}`,
  );
}

/** The body of the box at `path`, one name per level below `boxes`. */
export function boxAt(
  boxes: readonly Mp4Box[],
  path: readonly string[],
): Uint8Array {
  let level = boxes;
  let parent = "the file";
  let body: Uint8Array | undefined;
  for (const type of path) {
    if (body) level = splitBoxes(body);
    body = findBox(level, type, parent).body;
    parent = type;
  }
  if (!body) throw new RangeError("Expected a path of at least one box");
  return body;
}

/** A box of `type` that consists of `parts`. */
export function boxOf(
  type: string,
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const box = joinBytes([EMPTY_HEADER, ...parts]);
  viewOf(box).setUint32(0, box.byteLength);
  for (let i = 0; i < 4; i++) box[4 + i] = type.charCodeAt(i);
  return box;
}

/** `words` of 32 bits, signed or not. */
export function wordsOf(words: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.length * 4);
  const view = viewOf(bytes);
  for (const [index, word] of words.entries()) view.setInt32(index * 4, word);
  return bytes;
}

/** A box of `bytes` with its header, as a view. */
export function wholeBox(
  bytes: Uint8Array,
  { start, body }: Mp4Box,
): Uint8Array {
  const end = body.byteOffset - bytes.byteOffset + body.byteLength;
  return bytes.subarray(start, end);
}

/** Reads the big-endian fields of a box in order; past the end it throws `MoqError("decode")` with the box's name. */
export class BoxReader {
  readonly #view: DataView;
  readonly #type: string;
  #at = 0;

  /** Over the body of a box called `type`. */
  constructor(body: Uint8Array, type: string) {
    this.#view = viewOf(body);
    this.#type = type;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#view.byteLength - this.#at;
  }

  /** Moves over `length` bytes and returns where they began. */
  skip(length: number): number {
    if (length > this.remaining) {
      throw new MoqError(
        "decode",
        `Expected ${length} more bytes in box ${this.#type}, got ${this.remaining}`,
      );
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  /** An unsigned 32-bit integer. */
  u32(): number {
    return this.#view.getUint32(this.skip(4));
  }

  /** A signed 32-bit integer. */
  i32(): number {
    return this.#view.getInt32(this.skip(4));
  }

  /** An unsigned 64-bit integer; above 2^53-1 is an error. */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (Number.isSafeInteger(value)) return value;
    throw new MoqError(
      "decode",
      `Expected an integer up to 2^53-1 in box ${this.#type}, got about ${value}`,
    );
  }

  /** The version and the flags that full boxes begin with. */
  versionAndFlags(): { readonly version: number; readonly flags: number } {
    const word = this.u32();
    return { version: word >>> 24, flags: word & 0xffffff };
  }
}
