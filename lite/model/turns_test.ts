import assert from "node:assert/strict";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { SLICE_STEPS, Turns } from "./turns.ts";

Deno.test("Turns.take: a turn of the event loop grants a few slices", async () => {
  const clock = new VirtualClock();
  const turns = new Turns(clock);
  let taken = 0;
  const all = Promise.all(
    Array.from(
      { length: 100 },
      () => turns.take(SLICE_STEPS, "one").then(() => void taken++),
    ),
  );
  const perTurn: number[] = [];
  // Every turn of this clock ends when nothing is left to do without a timer.
  for (let before = 0; taken < 100; before = taken) {
    await clock.advance(0);
    assert.ok(taken > before, "Expected each turn to bring some further");
    perTurn.push(taken - before);
  }
  await all;
  assert.equal(perTurn.reduce((sum, one) => sum + one), 100);
});

Deno.test("Turns.take: requests of one owner are granted in order", async () => {
  const clock = new VirtualClock();
  const turns = new Turns(clock);
  const order: number[] = [];
  const asked = Array.from(
    { length: 12 },
    (_, i) => turns.take(SLICE_STEPS, "one").then(() => void order.push(i)),
  );
  await clock.run(Promise.all(asked));
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
});

Deno.test("Turns.take: one owner with many requests does not delay another", async () => {
  const clock = new VirtualClock();
  const turns = new Turns(clock);
  let taken = 0;
  const much = Array.from(
    { length: 1000 },
    () => turns.take(SLICE_STEPS, "much").then(() => void taken++),
  );
  await clock.run(turns.take(SLICE_STEPS, "little"));
  assert.ok(taken < 20, `${taken} slices went before`);
  await clock.run(Promise.all(much));
});
