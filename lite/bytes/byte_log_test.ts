/**
 * One copy in, views out, for any chunks.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../error.ts";
import { ByteLog } from "./byte_log.ts";

const MAX_SLAB_BYTES = 64 * 1024;

/** Bytes that tell their own position. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

function fill(log: ByteLog, cuts: readonly number[]): Uint8Array<ArrayBuffer> {
  const all = pattern(cuts.reduce((sum, cut) => sum + cut, 0));
  let at = 0;
  for (const cut of cuts) log.append(all.subarray(at, at += cut));
  return all;
}

const cuts = fc.array(
  fc.oneof(fc.nat(40), fc.nat(2000), fc.constant(70_000)),
  { maxLength: 12 },
);

Deno.test("ByteLog.view reads everything appended from any offset", () => {
  fc.assert(
    fc.property(cuts, fc.nat(), (sizes, from) => {
      const log = new ByteLog();
      const all = fill(log, sizes);
      assert.equal(log.length, all.byteLength);
      const start = all.byteLength === 0 ? 0 : from % all.byteLength;
      let at = start;
      for (let run = log.view(at); run; run = log.view(at)) {
        assert(run.byteLength > 0);
        assert.deepEqual(run, all.slice(at, at + run.byteLength));
        at += run.byteLength;
      }
      assert.equal(at, all.byteLength);
    }),
    { numRuns: 40 },
  );
});

Deno.test("ByteLog.slice gives exactly the bytes between two offsets", () => {
  fc.assert(
    fc.property(cuts, fc.nat(), fc.nat(), (sizes, a, b) => {
      const log = new ByteLog();
      const all = fill(log, sizes);
      const [start, end] = [a, b]
        .map((n) => n % (all.byteLength + 1))
        .sort((x, y) => x - y);
      assert.deepEqual(log.slice(start!, end!), all.slice(start, end));
    }),
    { numRuns: 40 },
  );
});

Deno.test("ByteLog.slice checks its bounds before it allocates", () => {
  const log = new ByteLog();
  log.append(pattern(10));
  assert.throws(() => log.slice(0, 11), RangeError);
  assert.throws(() => log.slice(0, 2 ** 50), {
    name: "RangeError",
    message: "Cannot read up to byte 1125899906842624 of a log of 10 bytes",
  });
});

Deno.test("ByteLog.append copies the chunk and keeps old views unchanged", () => {
  const log = new ByteLog();
  const chunk = Uint8Array.of(1, 2, 3);
  log.append(chunk);
  const view = log.view(0)!;
  chunk.fill(9);
  log.append(new Uint8Array(200_000));
  assert.deepEqual([...view], [1, 2, 3]);
});

Deno.test("ByteLog: slabs have at most 64 KiB and waste little on small groups", () => {
  const small = new ByteLog();
  small.append(pattern(100));
  assert.equal(small.view(0)!.buffer.byteLength, 512);
  const large = new ByteLog();
  large.append(pattern(1_000_000));
  for (let at = 0; at < large.length;) {
    const run = large.view(at)!;
    assert(run.buffer.byteLength <= MAX_SLAB_BYTES);
    at += run.byteLength;
  }
});

Deno.test("ByteLog.append keeps a chunk whole if a new slab wastes little", () => {
  const log = new ByteLog();
  fill(log, [60_000, 8_000, 57_000, 5_000]);
  const ends: number[] = [];
  for (let at = 0; at < log.length; ends.push(at)) {
    at += log.view(at)!.byteLength;
  }
  assert.deepEqual(ends, [60_000, 125_000, 130_000]);
});

Deno.test("ByteLog.close keeps the first reason and ignores later appends", () => {
  const log = new ByteLog();
  const error = new MoqError(
    "expired",
    "Expected a fresh group, got an old one",
  );
  log.close(error);
  log.close();
  log.append(Uint8Array.of(1));
  assert.equal(log.ended?.error, error);
  assert.equal(log.length, 0);
});

Deno.test("ByteLog.discard frees a complete log but keeps views valid", async () => {
  const log = new ByteLog();
  log.append(Uint8Array.of(1, 2, 3));
  log.close();
  const view = log.view(0)!;
  const changed = log.changed();
  const error = new MoqError("evicted", "Expected room, got none");
  log.discard(error);
  await changed;
  assert.equal(log.ended?.error, error);
  assert.equal(log.view(0), undefined);
  assert.throws(() => log.slice(0, 1), RangeError);
  assert.deepEqual([...view], [1, 2, 3]);
});

Deno.test("ByteLog.changed wakes all waiters at an append, a close and an abort", async () => {
  const log = new ByteLog();
  const before = [log.changed(), log.changed()];
  log.append(Uint8Array.of(1));
  await Promise.all(before);

  const controller = new AbortController();
  const release = log.wakeOn(controller.signal);
  const aborted = log.changed();
  controller.abort();
  await aborted;
  release();

  const closed = log.changed();
  log.close();
  await closed;
});
