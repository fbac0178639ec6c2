/**
 * QUIC variable-length integers, RFC 9000 section 16, and the zigzag form that
 * moq-lite uses for signed ones.
 *
 * @module
 */

/** Largest value a varint can hold, 2^62 - 1. */
export const MAX_VARINT = (1n << 62n) - 1n;

/** Bytes the shortest encoding of `value` takes; throws `RangeError` unless 0 <= value < 2^62. */
export function varintSize(value: number | bigint): 1 | 2 | 4 | 8 {
  if (
    typeof value === "number"
      ? !Number.isSafeInteger(value) || value < 0
      : value < 0n || value > MAX_VARINT
  ) {
    throw new RangeError(
      `Expected an integer from 0 to 2^62-1 (2^53-1 as a number), got ${value}`,
    );
  }
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  return value < 0x40000000 ? 4 : 8;
}

/** Writes `value` at `at` in its shortest form and returns the offset after it. */
export function writeVarint(
  into: Uint8Array,
  at: number,
  value: number | bigint,
): number {
  const size = varintSize(value);
  if (size < 8) {
    const small = Number(value);
    if (size === 1) into[at] = small;
    else if (size === 2) {
      into[at] = 0x40 | (small >> 8);
      into[at + 1] = small;
    } else {
      into[at] = 0x80 | (small >>> 24);
      into[at + 1] = small >>> 16;
      into[at + 2] = small >>> 8;
      into[at + 3] = small;
    }
    return at + size;
  }
  let rest = BigInt(value) | (3n << 62n);
  for (let i = 7; i >= 0; i--) {
    into[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return at + 8;
}

/** Length of the varint whose first byte is `first`. */
export function varintLength(first: number): 1 | 2 | 4 | 8 {
  return (1 << (first >> 6)) as 1 | 2 | 4 | 8;
}

/** The varint at `at`; the caller has checked that it is complete. Above 2^53-1 the result is rounded. */
export function readVarint(from: Uint8Array, at: number): number {
  const first = from[at]!;
  const length = varintLength(first);
  let value = first & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + from[at + i]!;
  return value;
}

/** As {@linkcode readVarint}, exact up to 2^62-1. */
export function readBigVarint(from: Uint8Array, at: number): bigint {
  const first = from[at]!;
  const length = varintLength(first);
  let value = BigInt(first & 0x3f);
  for (let i = 1; i < length; i++) {
    value = (value << 8n) | BigInt(from[at + i]!);
  }
  return value;
}

/** A signed integer as the unsigned one that is written: 0, -1, 1, -2 become 0, 1, 2, 3. */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** The inverse of {@linkcode zigzag}. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
