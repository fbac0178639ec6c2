import assert from "node:assert/strict";
import fc from "fast-check";
import { firstPlace } from "./search.ts";

Deno.test("firstPlace: what a look at every place finds", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.nat(20), (numbers, limit) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      const found = sorted.findIndex((one) => one >= limit);
      assert.equal(
        firstPlace(sorted.length, (place) => sorted[place]! >= limit),
        found < 0 ? sorted.length : found,
      );
    }),
  );
});
