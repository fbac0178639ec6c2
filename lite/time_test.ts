import assert from "node:assert/strict";
import { sleep, systemClock } from "./time.ts";

/** The runtime's timers while `run` does its work: how long each is, and what it does. */
function timersOf(run: () => void): [ms: number, then: () => void][] {
  const original = globalThis.setTimeout;
  const timers: [number, () => void][] = [];
  globalThis.setTimeout = ((then: () => void, ms: number) => {
    timers.push([ms, then]);
    return 0;
  }) as unknown as typeof setTimeout;
  try {
    run();
  } finally {
    globalThis.setTimeout = original;
  }
  return timers;
}

Deno.test("systemClock: a timer longer than the runtime's is waited for in parts", () => {
  const most = 2 ** 31 - 1;
  let fired = 0;
  const after = (ms: number) =>
    timersOf(() => void systemClock.after(ms, () => fired++));
  assert.deepEqual(after(most).map(([ms]) => ms), [most]);
  const [first] = after(1e12);
  assert.equal(first![0], most);
  const next = timersOf(first![1]);
  assert.equal(next[0]![0], most);
  assert.equal(fired, 0);
  assert.deepEqual(after(Infinity).map(([ms]) => ms), [most]);
});

Deno.test("systemClock: refuses NaN", async () => {
  await assert.rejects(sleep(systemClock, NaN), RangeError);
});
