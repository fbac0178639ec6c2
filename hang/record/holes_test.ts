import assert from "node:assert/strict";
import { Holes } from "./holes.ts";

Deno.test("Holes: each number that was passed over is named once, when three newer ones have come", () => {
  const known = new Map<number, true>();
  const holes = new Holes();
  const arrive = (number: number): number[] => {
    known.set(number, true);
    return holes.passed(number, { find: (one) => known.get(one) });
  };
  const named = [5, 6, 9, 8, 10, 11, 12, 13].map(arrive);
  assert.deepEqual(named, [[], [], [], [], [], [7], [], []]);
  assert.equal(arrive(1_000_000).length, 512);
});

Deno.test("Holes: from a number on, what the take before had in flight is named too", () => {
  const holes = new Holes(4);
  const none = { find: () => undefined };
  assert.deepEqual(holes.passed(8, none), [4]);
  assert.deepEqual(holes.passed(9, none), [5]);
});
