import assert from "node:assert/strict";
import { Loudness } from "./loudness.ts";

Deno.test("Loudness: speech from the first sound until 500 ms of silence", () => {
  const loudness = new Loudness();
  assert.equal(loudness.hear(0.015, 0), false, "not loud enough to begin");
  assert.equal(loudness.hear(0.1, 20), true);
  assert.equal(loudness.hear(0.015, 40), true, "loud enough to go on");
  assert.equal(loudness.hear(0, 500), true);
  assert.equal(loudness.hear(0, 540), false);
  assert.equal(loudness.hear(0.015, 560), false);
});
