import assert from "node:assert/strict";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { paced } from "./paced.ts";

async function* count(): AsyncGenerator<number, void> {
  for (let i = 0;; i++) yield i;
}

Deno.test("paced: other timers get their turn after a few items", async () => {
  const clock = new VirtualClock();
  let taken = 0;
  let takenBefore = 0;
  clock.after(1, () => void (takenBefore = taken));
  const reading = (async () => {
    for await (const _ of paced(count(), { clock, atOnce: 16 })) {
      if (++taken === 100) break;
      if (taken === 50) clock.after(0, () => void (takenBefore = taken));
    }
  })();
  await clock.run(reading);
  assert.equal(takenBefore, 64);
});
