import assert from "node:assert/strict";
import { Continuity } from "./continuity.ts";

function broken(timestampsMs: readonly number[]): readonly number[] {
  const continuity = new Continuity();
  return timestampsMs.filter((ms) => continuity.isBroken(ms * 1000));
}

Deno.test("Continuity: broken by gaps and steps back, not by rounding", () => {
  assert.deepEqual(broken([0, 20, 40, 80, 100, 120, 60, 80]), [80, 60]);
  const rounded = Array.from({ length: 500 }, (_, i) => Math.round(i * 21.333));
  assert.deepEqual(broken(rounded), []);
  assert.deepEqual(broken([0, 2.5, 5, 10, 12.5, 20]), [20]);
});

Deno.test("Continuity: one short step where a file loops", () => {
  const continuity = new Continuity();
  const broken: number[] = [];
  let at = 0;
  for (let piece = 0; piece < 100; piece++) {
    if (continuity.isBroken(at)) broken.push(piece);
    at += piece === 50 ? 6000 : 20_000;
  }
  assert.deepEqual(broken, [51]);
  const begun = new Continuity();
  assert.deepEqual(
    [0, 6500, 26_500, 46_500, 66_500, 86_500].map((us) => begun.isBroken(us)),
    [false, false, true, false, false, false],
  );
});
