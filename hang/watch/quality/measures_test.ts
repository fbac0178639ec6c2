import assert from "node:assert/strict";
import { Measurer, type MeasureSources } from "./measures.ts";

const CALM: MeasureSources = {
  nowMs: 0,
  shownFrames: 0,
  droppedFrames: 0,
  jitterMs: 20,
  bufferedMs: 100,
  decodeQueue: 0,
  bandwidthBps: 0,
};

Deno.test("Measurer: tells bursts from a growing queue", () => {
  const measurer = new Measurer();
  let last = measurer.measure(CALM);
  assert.deepEqual([last.lateRatio, last.bufferTrend], [undefined, undefined]);
  for (let nowMs = 500; nowMs < 20_000; nowMs += 500) {
    const bufferedMs = nowMs % 1000 === 0 ? 1000 : 0;
    const shownFrames = nowMs * 0.03;
    last = measurer.measure({
      ...CALM,
      nowMs,
      bufferedMs,
      shownFrames,
      jitterMs: 1000,
    });
  }
  assert.deepEqual(
    [last.lateRatio, last.bufferTrend, last.bandwidthBps],
    [0, 0, undefined],
  );
  const bursts = new Measurer();
  bursts.measure({ ...CALM, jitterMs: 1000 });
  const later = bursts.measure({ ...CALM, nowMs: 500, jitterMs: 1010 });
  assert.equal(later.jitterMs, 10);
  for (let nowMs = 1000; nowMs < 6000; nowMs += 500) {
    const bufferedMs = 2000 - nowMs * 0.3;
    const jitterMs = 1000 + nowMs / 5;
    last = bursts.measure({ ...CALM, nowMs, bufferedMs, jitterMs });
  }
  assert.ok(last.jitterMs! > 1000 && last.bufferTrend! < -250);
});
