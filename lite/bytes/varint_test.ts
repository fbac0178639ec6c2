/**
 * RFC 9000, section 16, at its edges; its examples are in `tests/compliance/vectors/varint.json`.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  MAX_VARINT,
  readBigVarint,
  readVarint,
  unzigzag,
  varintLength,
  varintSize,
  writeVarint,
  zigzag,
} from "./varint.ts";

const anyVarint = fc.bigInt(0n, MAX_VARINT);

Deno.test("writeVarint reads back exactly, in the size foretold", () => {
  fc.assert(fc.property(anyVarint, fc.nat(5), (value, at) => {
    const bytes = new Uint8Array(16).fill(0xaa);
    const end = writeVarint(bytes, at, value);
    assert.equal(end - at, varintSize(value));
    assert.equal(varintLength(bytes[at]!), end - at);
    assert.equal(readBigVarint(bytes, at), value);
    if (value <= Number.MAX_SAFE_INTEGER) {
      assert.equal(readVarint(bytes, at), Number(value));
    }
    const around = [...bytes.subarray(0, at), ...bytes.subarray(end)];
    assert(around.every((byte) => byte === 0xaa), "nothing else was written");
  }));
});

Deno.test("writeVarint writes a number as it writes the same bigint", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    const [a, b] = [new Uint8Array(8), new Uint8Array(8)];
    writeVarint(a, 0, value);
    writeVarint(b, 0, BigInt(value));
    assert.deepEqual(a, b);
  }));
});

Deno.test("varintSize changes exactly at the powers of two of RFC 9000", () => {
  const edges: readonly [number, number][] = [
    [2 ** 6, 2],
    [2 ** 14, 4],
    [2 ** 30, 8],
  ];
  for (const [edge, size] of edges) {
    assert.equal(varintSize(edge - 1), size / 2);
    assert.equal(varintSize(edge), size);
    assert.equal(varintSize(BigInt(edge - 1)), size / 2);
    assert.equal(varintSize(BigInt(edge)), size);
  }
});

Deno.test("varintSize refuses what no varint can hold", () => {
  const wrong = [-1, 0.5, NaN, Infinity, 2 ** 53, -1n, MAX_VARINT + 1n];
  for (const value of wrong) {
    assert.throws(() => varintSize(value), RangeError, String(value));
  }
});

Deno.test("readVarint never rounds a number above 2^53-1 below it", () => {
  fc.assert(fc.property(fc.bigInt(1n << 53n, MAX_VARINT), (value) => {
    const bytes = new Uint8Array(8);
    writeVarint(bytes, 0, value);
    assert(readVarint(bytes, 0) > Number.MAX_SAFE_INTEGER);
  }));
});

Deno.test("unzigzag undoes zigzag, which keeps small magnitudes small", () => {
  const safe = fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 });
  fc.assert(fc.property(safe, (value) => {
    const written = zigzag(value);
    assert(Number.isSafeInteger(written) && written >= 0);
    assert(written <= 2 * Math.abs(value));
    assert.equal(unzigzag(written), value);
  }));
});
