import assert from "node:assert/strict";
import fc from "fast-check";
import { Restamp } from "./restamp.ts";

const FRAME_US = 33_333;

Deno.test("Restamp: arrivals that jitter do not move the pictures", () => {
  const restamp = new Restamp();
  const stamps: number[] = [];
  for (let index = 0; index < 300; index++) {
    const sourceUs = 7_000_000 + index * FRAME_US;
    const delayUs = (index * 7919) % 20_000;
    stamps.push(restamp.stamp(sourceUs, index * FRAME_US + delayUs));
  }
  const steps = stamps.slice(1).map((us, index) => us - stamps[index]!);
  for (const step of steps.slice(30)) {
    assert.ok(Math.abs(step - FRAME_US) < 200, `${step} µs`);
  }
  assert.ok(Math.abs(stamps[299]! - 299 * FRAME_US) < 2000, `${stamps[299]}`);
});

Deno.test("Restamp: follows a source clock that is fast by 100 ppm", () => {
  const restamp = new Restamp();
  let lastUs = 0;
  const frames = 30 * 60 * 10;
  for (let index = 0; index < frames; index++) {
    lastUs = restamp.stamp(index * FRAME_US * 1.0001, index * FRAME_US);
  }
  assert.ok(Math.abs(lastUs - (frames - 1) * FRAME_US) < 2000, `${lastUs}`);
});

Deno.test("Restamp: a source that jumps or restarts stays on the clock", () => {
  const restamp = new Restamp();
  restamp.stamp(0, 1_000_000);
  assert.equal(restamp.stamp(90_000_000, 2_000_000), 2_000_000);
  const stamps: number[] = [];
  for (let us = 0; us < 2_000_000; us += 40_000) {
    stamps.push(restamp.stamp(us, 3_000_000 + us));
  }
  assert.ok(Math.abs(stamps.at(-1)! - 4_960_000) < 2000, `${stamps.at(-1)}`);
});

Deno.test("Restamp: what has waited while the page was held up keeps its times", () => {
  const restamp = new Restamp();
  const stamps: number[] = [];
  for (let piece = 0; piece < 200; piece++) {
    const us = piece * 20_000;
    // Pieces of 800 ms come all at once at 2.8 s.
    const isHeld = us >= 2_000_000 && us < 2_800_000;
    stamps.push(restamp.stamp(us, isHeld ? 2_800_000 : us));
  }
  for (const [piece, us] of stamps.entries()) {
    assert.ok(Math.abs(us - piece * 20_000) < 5000, `${piece}: ${us}`);
  }
});

Deno.test("Restamp: stamps are whole, from 0 on, and only grow", () => {
  const times = fc.array(
    fc.record({
      sourceUs: fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      stepUs: fc.integer({ min: 0, max: 3_000_000 }),
    }),
  );
  fc.assert(fc.property(times, (all) => {
    const restamp = new Restamp();
    let nowUs = 0;
    let lastUs = -1;
    for (const { sourceUs, stepUs } of all) {
      nowUs += stepUs;
      const us = restamp.stamp(sourceUs, nowUs);
      assert.ok(Number.isSafeInteger(us) && us > lastUs);
      lastUs = us;
    }
  }));
});
