import assert from "node:assert/strict";
import type { Clock } from "@moq-deno/lite";
import { latencyRange } from "./latency.ts";
import { PlayoutClock } from "./playout_clock.ts";

const FIXED = latencyRange(100);
const RANGE = latencyRange({ minMs: 100, maxMs: 3000 });

class Hands implements Clock {
  ms = 1000;
  now(): number {
    return this.ms;
  }
  after(): () => void {
    throw new TypeError("Expected no timers");
  }
}

/** Samples every 20 ms from `fromMs`, each `delayMs` on its way. */
function stream(
  { sync, clock, fromMs, count, delayMs = 0, rate = 1 }: {
    readonly sync: PlayoutClock;
    readonly clock: Hands;
    readonly fromMs: number;
    readonly count: number;
    readonly delayMs?: number;
    readonly rate?: number;
  },
): void {
  const startMs = clock.ms;
  for (let i = 0; i < count; i++) {
    clock.ms = startMs + i * 20 / rate + delayMs;
    sync.received((fromMs + i * 20) * 1000);
  }
}

Deno.test("PlayoutClock: at the live edge once the first burst has come", () => {
  const clock = new Hands();
  const sync = new PlayoutClock(FIXED, clock);
  for (let ms = 0; ms <= 900; ms += 33) {
    clock.ms += 1;
    sync.received(ms * 1000);
  }
  assert.equal(sync.behindMs(sync.edgeUs), 0);
  assert.equal(sync.untilDueMs(sync.edgeUs), 100);
});

Deno.test("PlayoutClock: ignores jitter, follows a slower clock smoothly", () => {
  const clock = new Hands();
  const sync = new PlayoutClock(FIXED, clock);
  stream({ sync, clock, fromMs: 0, count: 500 });
  const before = sync.untilDueMs(10_000_000);
  clock.ms += 60;
  sync.received(10_000_000);
  clock.ms -= 60;
  assert.equal(sync.untilDueMs(10_000_000), before);

  // 200 ppm over ten minutes are 120 ms.
  stream({ sync, clock, fromMs: 10_020, count: 30_000, rate: 1 / 1.0002 });
  const behindMs = sync.behindMs(sync.edgeUs);
  assert.ok(Math.abs(behindMs) < 10, `${behindMs} ms off the live edge`);
});

Deno.test("PlayoutClock: timestamps that restart at 0 are the live edge", () => {
  const clock = new Hands();
  const sync = new PlayoutClock(FIXED, clock);
  stream({ sync, clock, fromMs: 60_000, count: 100 });
  stream({ sync, clock, fromMs: 0, count: 100 });
  assert.equal(sync.edgeUs, 99 * 20_000);
  assert.equal(sync.untilDueMs(sync.edgeUs), 100);
});

Deno.test("PlayoutClock: a way that has become longer is accepted after a while", () => {
  const clock = new Hands();
  const sync = new PlayoutClock(FIXED, clock);
  stream({ sync, clock, fromMs: 0, count: 100 });
  clock.ms += 20;
  stream({ sync, clock, fromMs: 2000, count: 20, delayMs: 400 });
  assert.ok(sync.untilDueMs(sync.edgeUs) < 0);
  clock.ms -= 400;
  clock.ms += 20;
  stream({ sync, clock, fromMs: 2400, count: 100, delayMs: 400 });
  assert.equal(sync.untilDueMs(sync.edgeUs), 100);
});

Deno.test("PlayoutClock: live at once after the machine has slept", () => {
  for (const tickedMs of [0, 5000]) {
    const clock = new Hands();
    const sync = new PlayoutClock(FIXED, clock);
    stream({ sync, clock, fromMs: 0, count: 500 });
    clock.ms += tickedMs;
    stream({ sync, clock, fromMs: 15_000, count: 2 });
    const untilDueMs = sync.untilDueMs(sync.edgeUs);
    assert.ok(untilDueMs >= 100 && untilDueMs <= 120, `${untilDueMs} ms`);
  }
});

Deno.test("PlayoutClock: holds bursts longer, ignores an outage", () => {
  const clock = new Hands();
  const sync = new PlayoutClock(RANGE, clock);
  /** A second of media at once, every second. */
  const burst = (second: number): number => {
    clock.ms += 1000;
    let late = 0;
    for (let ms = 0; ms < 1000; ms += 20) {
      const timestampUs = (second * 1000 + ms) * 1000;
      if (sync.untilDueMs(timestampUs) < 0) late++;
      sync.received(timestampUs);
    }
    return late;
  };
  assert.ok(burst(1) + burst(2) > 40);
  for (let second = 3; second < 9; second++) burst(second);
  for (let second = 9; second < 60; second++) assert.equal(burst(second), 0);
  assert.ok(sync.holdMs > 900 && sync.holdMs < 1100, `${sync.holdMs} ms`);

  // It is steady again: what is not needed is given back, slowly.
  stream({ sync, clock, fromMs: 60_000, count: 20_000 });
  assert.equal(sync.holdMs, 100);

  clock.ms += 2000;
  for (let ms = 460_000; ms < 462_000; ms += 20) sync.received(ms * 1000);
  stream({ sync, clock, fromMs: 462_000, count: 500 });
  assert.equal(sync.holdMs, 100);
});

Deno.test("PlayoutClock: a track that comes after the other is waited for", () => {
  const clock = new Hands();
  const sync = new PlayoutClock(RANGE, clock);
  let late = 0;
  for (let ms = 0; ms < 20_000; ms += 20) {
    clock.ms += 20;
    sync.received(ms * 1000);
    if (ms < 400) continue;
    const slowUs = (ms - 400) * 1000;
    if (sync.untilDueMs(slowUs) < 0) late = ms;
    sync.received(slowUs);
  }
  assert.ok(late > 0 && late < 6000, `late until ${late} ms`);
});
