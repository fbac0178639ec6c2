/**
 * QPACK, RFC 9204, without the dynamic table: we announce a capacity of zero,
 * so the peer must not refer to it.
 *
 * @module
 */
import { Http3Error } from "./error.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_TABLE } from "./qpack_static.ts";

/** One header field; names are lower case on the wire. */
export type Field = readonly [name: string, value: string];

/** Largest field section read, before decoding and (with 32 bytes for each field, RFC 9114 section 4.2.2) after. */
export const MAX_FIELD_SECTION_BYTES = 16 * 1024;
const FIELD_OVERHEAD_BYTES = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes fields: static table references for whole fields found there, else literals. */
export function encodeFields(fields: readonly Field[]): Uint8Array {
  const into = [0, 0];
  for (const [name, value] of fields) {
    const whole = STATIC_TABLE.findIndex(([n, v]) => n === name && v === value);
    if (whole >= 0) {
      writeInteger(into, { first: 0b1100_0000, bits: 6, value: whole });
      continue;
    }
    writeString(into, { first: 0b0010_0000, bits: 3, text: name });
    writeString(into, { first: 0, bits: 7, text: value });
  }
  return Uint8Array.from(into);
}

/** The fields of a section, in order; throws {@linkcode Http3Error} for anything but static references and literals within the limit. */
export function decodeFields(section: Uint8Array): Field[] {
  const cursor = new FieldCursor(section);
  if (cursor.integer(8) !== 0) throw failure("a section with dynamic entries");
  cursor.integer(7);
  const fields: Field[] = [];
  let budget = MAX_FIELD_SECTION_BYTES;
  while (!cursor.done) {
    const field = cursor.field();
    budget -= field[0].length + field[1].length + FIELD_OVERHEAD_BYTES;
    if (budget < 0) {
      throw new Http3Error(
        "excessiveLoad",
        `Expected at most ${MAX_FIELD_SECTION_BYTES} bytes of header fields, got more`,
      );
    }
    fields.push(field);
  }
  return fields;
}

class FieldCursor {
  readonly #from: Uint8Array;
  #at = 0;

  constructor(from: Uint8Array) {
    this.#from = from;
  }

  get done(): boolean {
    return this.#at >= this.#from.byteLength;
  }

  #byte(): number {
    const byte = this.#from[this.#at++];
    if (byte === undefined) throw failure("the end of the section");
    return byte;
  }

  /** An integer whose prefix is the low `bits` of the next byte, RFC 7541 section 5.1. */
  integer(bits: number): number {
    const full = 2 ** bits - 1;
    let value = this.#byte() & full;
    if (value < full) return value;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw failure("an integer of more than 32 bits");
  }

  /** A string whose length has a prefix of `bits` below its Huffman flag. */
  string(bits: number): string {
    const flags = this.#from[this.#at] ?? 0;
    const length = this.integer(bits);
    const end = this.#at + length;
    if (end > this.#from.byteLength) throw failure("a string beyond the end");
    const raw = this.#from.subarray(this.#at, end);
    this.#at = end;
    const isHuffman = (flags & (1 << bits)) !== 0;
    return decoder.decode(isHuffman ? decodeHuffman(raw) : raw);
  }

  #entry(bits: number): Field {
    const index = this.integer(bits);
    const entry = STATIC_TABLE[index];
    if (!entry) throw failure(`static index ${index}`);
    return entry;
  }

  /** One field line, RFC 9204 sections 4.5.2 to 4.5.6. */
  field(): Field {
    const first = this.#from[this.#at]!;
    if (first >= 0b1100_0000) return this.#entry(6);
    if ((first & 0b1101_0000) === 0b0101_0000) {
      const [name] = this.#entry(4);
      return [name, this.string(7)];
    }
    if ((first & 0b1110_0000) === 0b0010_0000) {
      const name = this.string(3);
      return [name, this.string(7)];
    }
    throw failure("a reference to the dynamic table");
  }
}

interface Prefixed {
  /** The bits above the prefix. */
  readonly first: number;
  /** Width of the prefix. */
  readonly bits: number;
}

function writeInteger(
  into: number[],
  { first, bits, value }: Prefixed & { readonly value: number },
): void {
  const full = 2 ** bits - 1;
  if (value < full) {
    into.push(first | value);
    return;
  }
  into.push(first | full);
  let rest = value - full;
  for (; rest >= 0x80; rest >>>= 7) into.push((rest & 0x7f) | 0x80);
  into.push(rest);
}

function writeString(
  into: number[],
  { first, bits, text }: Prefixed & { readonly text: string },
): void {
  const bytes = encoder.encode(text);
  writeInteger(into, { first, bits, value: bytes.byteLength });
  for (const byte of bytes) into.push(byte);
}

function failure(got: string): Http3Error {
  return new Http3Error(
    "qpackDecompressionFailed",
    `Expected static references and literals, got ${got}`,
  );
}
