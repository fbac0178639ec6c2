import assert from "node:assert/strict";
import { constants, createDeflateRaw, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { deflate } from "./deflate.ts";

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };
const MARKER = Uint8Array.of(0, 0, 0xff, 0xff);
const MAX_BYTES = 1 << 20;

// Text that repeats itself, noise, and enough of either to leave the window behind.
const FRAME = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.json().map((text) => new TextEncoder().encode(text)),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(300)).map((
    [some, times],
  ) => Uint8Array.from(Array(times).fill([...some]).flat())),
);

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function hexOf(parts: readonly Uint8Array[]): string[] {
  return parts.map((part) => part.slice().toHex());
}

Deno.test("deflate: whatever the frames, they come back one by one, and zlib reads them", () => {
  fc.assert(
    fc.property(fc.array(FRAME, { maxLength: 12 }), (frames) => {
      const [out, back] = [deflate.deflate(), deflate.inflate(MAX_BYTES)];
      const wire = frames.map((frame) => out.frame(frame));
      const read = wire.map((frame) => back.frame(frame));
      assert.deepEqual(hexOf(read), hexOf(frames));
      const stream = wire.filter(({ length }) => length > 0)
        .flatMap((one) => [one, MARKER]);
      if (stream.length === 0) return;
      const plain = inflateRawSync(join(stream), SYNC);
      assert.equal(plain.toString("hex"), join(frames).toHex());
    }),
    { numRuns: 200 },
  );
});

Deno.test("deflate: reads what zlib has flushed frame by frame", async () => {
  const frames = Array.from(
    { length: 40 },
    (_, index) => Uint8Array.from({ length: index * 997 }, (_, i) => i * index),
  );
  const zlib = createDeflateRaw();
  const back = deflate.inflate(MAX_BYTES);
  for (const frame of frames.slice(1)) {
    zlib.write(frame);
    await new Promise<void>((done) => zlib.flush(SYNC.finishFlush, done));
    const wire = Uint8Array.from(zlib.read());
    assert.equal(wire.slice(-4).toHex(), MARKER.toHex());
    assert.deepEqual(hexOf([back.frame(wire.slice(0, -4))]), hexOf([frame]));
  }
  zlib.destroy();
});

Deno.test("deflate: a small frame that would become huge is refused before it is in memory", () => {
  const out = deflate.deflate();
  const small = out.frame(new Uint8Array(32 << 20));
  assert.ok(small.byteLength < 40_000);
  assert.throws(
    () => deflate.inflate(MAX_BYTES).frame(small),
    /more than 1048576 bytes/,
  );
});

Deno.test("deflate: bytes that are no DEFLATE throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        deflate.inflate(1000).frame(bytes);
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
      }
    }),
  );
  assert.throws(() => deflate.inflate(1000).frame(Uint8Array.of(7)), TypeError);
});
