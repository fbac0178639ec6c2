import assert from "node:assert/strict";
import { partOf } from "./viewer.ts";

Deno.test("partOf: later parts have files of their own", () => {
  assert.equal(partOf("a/received.mp4", 1), "a/received.mp4");
  assert.equal(partOf("a/received.mp4", 2), "a/received.2.mp4");
  assert.equal(partOf("a.b/received", 3), "a.b/received.3");
});
