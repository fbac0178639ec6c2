import assert from "node:assert/strict";
import { sleep } from "../time.ts";
import { VirtualClock } from "./virtual_clock.ts";

Deno.test("VirtualClock: timers run in order, each with what it sets off", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const note = (text: string) => () => void seen.push(`${clock.now()} ${text}`);
  clock.after(20, note("later"));
  clock.after(10, note("first"));
  clock.after(10, note("second"));
  const cancel = clock.after(15, note("never"));
  clock.after(12, cancel);
  void sleep(clock, 10).then(() => sleep(clock, 5)).then(note("chained"));
  await clock.advance(19);
  assert.equal(clock.now(), 19);
  assert.deepEqual(seen, ["10 first", "10 second", "15 chained"]);
  await clock.advance(1);
  assert.equal(seen.at(-1), "20 later");
});

Deno.test("VirtualClock.run: returns or throws what the promise does", async () => {
  const clock = new VirtualClock();
  assert.equal(await clock.run(sleep(clock, 1000).then(() => 7)), 7);
  const failing = sleep(clock, 1000).then(() =>
    Promise.reject(new Error("no"))
  );
  await assert.rejects(clock.run(failing), /no/);
  assert.equal(clock.now(), 2000);
});

Deno.test("VirtualClock.run: waits for work outside the clock", async () => {
  const clock = new VirtualClock();
  const digest = crypto.subtle.digest("SHA-256", new Uint8Array(8));
  assert.equal((await clock.run(digest)).byteLength, 32);
});

Deno.test("VirtualClock.run: gives up at the limit", async () => {
  const clock = new VirtualClock();
  const long = sleep(clock, 2000);
  await assert.rejects(clock.run(long, { limitMs: 1000 }), RangeError);
  await clock.run(long);
});
