import assert from "node:assert/strict";
import { joinBytes } from "./join.ts";

Deno.test("joinBytes: a copy of all parts, in order", () => {
  const part = Uint8Array.of(1, 2);
  const whole = joinBytes([part, new Uint8Array(), [3]]);
  assert.deepEqual(whole, Uint8Array.of(1, 2, 3));
  part.fill(9);
  assert.deepEqual(whole, Uint8Array.of(1, 2, 3));
  assert.equal(joinBytes([]).byteLength, 0);
});
