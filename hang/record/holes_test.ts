import assert from "node:assert/strict";
import { firstToCheck, Holes } from "./holes.ts";

Deno.test("Holes names each missed number once, after three newer ones", () => {
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

Deno.test("Holes names what the take before had in flight", () => {
  const holes = new Holes(4);
  const none = { find: () => undefined };
  assert.deepEqual(holes.passed(8, none), [4]);
  assert.deepEqual(holes.passed(9, none), [5]);
});

Deno.test("firstToCheck includes what was overtaken in the take before", () => {
  const log = (...numbers: number[]) => ({
    highest: Math.max(-1, ...numbers),
    entries: numbers.map((sequence) => ({ sequence })),
  });
  assert.equal(firstToCheck(log(), 0), undefined);
  assert.equal(firstToCheck(log(7, 8, 10), 0), 7);
  assert.equal(firstToCheck(log(7, 1000), 0), 937);
  assert.equal(firstToCheck(log(7, 8, 10), 11), undefined, "others' numbers");
  assert.equal(firstToCheck(log(7, 8, 10, 12), 11), 0);

  const known = log(7, 8, 10, 11, 12);
  const holes = new Holes(firstToCheck(known, 0));
  const find = (number: number) =>
    known.entries.find(({ sequence }) => sequence === number);
  assert.deepEqual(holes.passed(13, { find }), [9]);
});
