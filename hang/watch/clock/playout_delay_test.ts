import assert from "node:assert/strict";
import type { Clock } from "@moq-deno/lite";
import { PlayoutDelay } from "./playout_delay.ts";
import { type Latency, latencyRange } from "./latency.ts";
import { PlayoutClock } from "./playout_clock.ts";

/** Small numbers that look random, the same in every run. */
function* noise(seed: number): Generator<number, never> {
  for (let x = seed;;) {
    x = (x * 1103515245 + 12345) % 2 ** 31;
    yield x / 2 ** 31;
  }
}

/** Feeds a sample every 20 ms for `seconds` and tells how many were late in the second half. */
function run(
  hold: PlayoutDelay,
  { seconds, delayMs }: {
    readonly seconds: number;
    readonly delayMs: (ms: number, random: number) => number;
  },
): number {
  hold.forgive(); // time begins at 0 again
  const random = noise(7);
  let late = 0;
  for (let ms = 0; ms < seconds * 1000; ms += 20) {
    const delay = delayMs(ms, random.next().value);
    if (ms > seconds * 500 && delay > hold.ms) late++;
    hold.note(delay, ms);
  }
  return late;
}

Deno.test("PlayoutDelay: real-time is slightly above the jitter", () => {
  for (const jitterMs of [3, 20, 150, 700]) {
    const hold = new PlayoutDelay(latencyRange("real-time"));
    const late = run(hold, {
      seconds: 240,
      delayMs: (_, random) => random * jitterMs,
    });
    assert.ok(late <= 2, `${late} late at ${jitterMs} ms`);
    assert.ok(
      hold.ms >= jitterMs * 0.9 && hold.ms <= jitterMs + 10,
      `${hold.ms} ms for ${jitterMs} ms of jitter`,
    );
  }
});

Deno.test("PlayoutDelay: sound that joins a picture is in time at once", () => {
  const hold = new PlayoutDelay(latencyRange("real-time"));
  run(hold, { seconds: 60, delayMs: () => 8 });
  assert.ok(hold.ms < 20, `${hold.ms} ms for the picture alone`);
  hold.guess();
  let late = 0;
  for (let ms = 0; ms < 60_000; ms += 20) {
    const delay = ms % 40 === 0 ? 8 : 45;
    if (delay > hold.ms) late++;
    hold.note(delay, ms);
  }
  assert.equal(late, 0);
  assert.ok(hold.ms >= 45 && hold.ms < 60, `${hold.ms} ms for both`);
  const fixed = new PlayoutDelay(latencyRange(30));
  fixed.guess();
  assert.equal(fixed.ms, 30);
});

Deno.test("PlayoutDelay: waits for large pictures, not for two outages in 20 s", () => {
  const keyframes = new PlayoutDelay(latencyRange("real-time"));
  const late = run(keyframes, {
    seconds: 120,
    delayMs: (ms) => ms % 2000 === 0 ? 160 : 5,
  });
  assert.equal(late, 0);
  const outages = new PlayoutDelay(latencyRange("real-time"));
  run(outages, {
    seconds: 120,
    delayMs: (ms) => ms % 10_000 < 200 ? 900 : 5,
  });
  assert.ok(outages.ms < 120, `${outages.ms} ms`);
});

Deno.test("PlayoutDelay: keeps its bounds, and a fixed one does not move", () => {
  const range = { minMs: 200, maxMs: 400 };
  const hold = new PlayoutDelay(latencyRange(range));
  run(hold, { seconds: 60, delayMs: () => 0 });
  assert.equal(hold.ms, 200);
  run(hold, { seconds: 60, delayMs: () => 5000 });
  assert.equal(hold.ms, 400);
  hold.range = latencyRange(300);
  assert.equal(hold.ms, 300);
  run(hold, { seconds: 60, delayMs: (_, random) => random * 900 });
  assert.equal(hold.ms, 300);
});

class Hands implements Clock {
  ms = 0;
  now(): number {
    return this.ms;
  }
  after(): () => void {
    throw new TypeError("Expected no timers");
  }
}

const SETTINGS: readonly (readonly [string, Latency])[] = [
  ["fixed 100 ms", 100],
  ["100 to 500 ms", { minMs: 100, maxMs: 500 }],
  ["real-time", "real-time"],
];

for (const [name, latency] of SETTINGS) {
  Deno.test(`PlayoutClock: ${name}: no drift from live in an hour`, () => {
    const clock = new Hands();
    const sync = new PlayoutClock(latencyRange(latency), clock);
    const random = noise(3);
    const distances: number[] = [];
    for (let second = 0; second < 3600; second++) {
      for (let ms = second * 1000; ms < (second + 1) * 1000; ms += 20) {
        // The publisher's clock runs slower than ours.
        const sentMs = ms * 1.0001;
        clock.ms = Math.max(clock.ms, sentMs + 5 + random.next().value * 12);
        sync.received(ms * 1000);
      }
      const capturedMs = (clock.ms - 5) / 1.0001;
      distances.push(capturedMs - sync.playheadUs()! / 1000);
    }
    const [early, late] = [distances[60]!, distances.at(-1)!];
    assert.ok(Math.abs(late - early) < 1000 / 30, `${early} then ${late} ms`);
  });
}
