import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { writeVarint, zigzag } from "../bytes/varint.ts";
import {
  encodeFrameHeader,
  FrameScanner,
  MAX_GROUP_BYTES,
  MAX_GROUP_FRAMES,
  MAX_TIMESTAMP,
} from "./frame.ts";

const hasCode = (code: string) => (error: unknown) =>
  error instanceof MoqError && error.code === code;

/** A header with `delta` as any varint, in its 8-byte form where numbers end. */
function header(delta: number | bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const at = writeVarint(bytes, 0, delta);
  return bytes.subarray(0, writeVarint(bytes, at, size));
}

Deno.test("FrameScanner.push takes 8192 frames and refuses one more", () => {
  const scanner = new FrameScanner();
  scanner.push(new Uint8Array(MAX_GROUP_FRAMES * 2));
  assert.equal(scanner.frameCount, 8192);
  assert.equal(scanner.isOnBoundary, true);
  assert.throws(() => scanner.push(new Uint8Array(2)), hasCode("too-large"));
});

Deno.test("FrameScanner.push counts headers in the 32 MiB of a group", () => {
  const exact = MAX_GROUP_BYTES - 5;
  new FrameScanner().push(header(0, exact));
  const over = header(0, exact + 1);
  assert.throws(() => new FrameScanner().push(over), hasCode("too-large"));
});

Deno.test("FrameScanner.push refuses timestamps out of range", () => {
  const furthest = header(zigzag(MAX_TIMESTAMP), 0);
  const scanner = new FrameScanner();
  scanner.push(furthest);
  assert.equal(scanner.timestamp, 2_251_799_813_685_247);
  assert.throws(() => scanner.push(header(2, 0)), hasCode("decode"));
  for (const zigzagged of [(1n << 62n) - 1n, (1n << 62n) - 2n, 1n << 53n]) {
    assert.throws(
      () => new FrameScanner().push(header(zigzagged, 0)),
      hasCode("decode"),
    );
  }
});

Deno.test("encodeFrameHeader: every pair of allowed timestamps has a delta", () => {
  for (const [to, from] of [[1, -1], [-1, 1]] as const) {
    const scanner = new FrameScanner();
    scanner.push(encodeFrameHeader(from * MAX_TIMESTAMP, 0, 0));
    scanner.push(
      encodeFrameHeader(to * MAX_TIMESTAMP, from * MAX_TIMESTAMP, 0),
    );
    assert.equal(scanner.timestamp, to * MAX_TIMESTAMP);
  }
});

Deno.test("FrameScanner.isCutAt is true on boundaries and after a delta", () => {
  // Deltas of 1, 2, 4 and 8 bytes, sizes of 1, 2 and 1 byte, payloads of 3, 70, 0 and 1.
  const frames = [[5, 3], [300, 70], [20_000, 0], [2 ** 31, 1]] as const;
  const scanner = new FrameScanner();
  const cuts = new Set<number>([0]);
  let at = 0;
  let previous = 0;
  for (const [timestamp, size] of frames) {
    const head = encodeFrameHeader(timestamp, previous, size);
    previous = timestamp;
    scanner.push(head);
    scanner.push(new Uint8Array(size));
    cuts.add(at + head.byteLength - (size < 64 ? 1 : 2));
    at += head.byteLength + size;
    cuts.add(at);
  }
  for (let offset = 0; offset <= at; offset++) {
    assert.equal(scanner.isCutAt(offset), cuts.has(offset), `at ${offset}`);
  }
});
