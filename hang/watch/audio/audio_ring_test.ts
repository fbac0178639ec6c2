import assert from "node:assert/strict";
import fc from "fast-check";
import { AudioRing } from "./audio_ring.ts";

const CAPACITY = 64;

function read(
  ring: AudioRing,
  { position, length, step = 1 }: {
    readonly position: number;
    readonly length: number;
    readonly step?: number;
  },
): { readonly samples: number[]; readonly missing: number } {
  const into = new Float32Array(length);
  const missing = ring.read(position, [into], step);
  return { samples: [...into], missing };
}

Deno.test("AudioRing: late samples fill silent holes, across 2^31 and 2^32", () => {
  for (const base of [0, 2 ** 31 - 4, 2 ** 32 - 4, 1e12]) {
    const ring = new AudioRing({ channels: 1, capacity: CAPACITY });
    ring.write(base, [Float32Array.of(1, 2)]);
    ring.write(base + 4, [Float32Array.of(5, 6)]);
    const at = { position: base, length: 7 };
    assert.deepEqual(read(ring, at), {
      samples: [1, 2, 0, 0, 5, 6, 0],
      missing: 1,
    });
    ring.write(base + 2, [Float32Array.of(3, 4)]);
    assert.deepEqual(read(ring, at).samples, [1, 2, 3, 4, 5, 6, 0]);
    assert.equal(ring.available(base + 1), 5);
  }
});

Deno.test("AudioRing: a jump beyond the capacity leaves nothing old to be heard", () => {
  const ring = new AudioRing({ channels: 1, capacity: CAPACITY });
  ring.write(0, [new Float32Array(CAPACITY).fill(1)]);
  ring.write(1000, [Float32Array.of(2)]);
  const before = read(ring, { position: 1000 - 20, length: 22 });
  assert.deepEqual(before.samples, [...Array(20).fill(0), 2, 0]);
  ring.write(10, [Float32Array.of(3)]);
  assert.deepEqual(read(ring, { position: 9, length: 3 }).samples, [0, 3, 0]);
});

Deno.test("AudioRing: interpolates at other speeds", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 ** 34 }),
    fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 }),
    fc.double({ min: 0.99, max: 1.01, noNaN: true }),
    (base, lengths, step) => {
      const ring = new AudioRing({ channels: 1, capacity: 256 });
      let position = base;
      for (const length of lengths) {
        const ramp = Float32Array.from(
          { length },
          (_, i) => position + i - base,
        );
        ring.write(position, [ramp]);
        position += length;
      }
      const there = Math.floor((position - base) / step);
      const { samples } = read(ring, { position: base, length: there, step });
      for (const [i, sample] of samples.entries()) {
        if (i * step > position - base - 1) continue;
        assert.ok(Math.abs(sample - i * step) < 1e-3);
      }
    },
  ));
});
