import assert from "node:assert/strict";
import { relatedPath } from "./related.ts";

Deno.test("relatedPath: as a URL is relative to a page, and never above the root", () => {
  const from = "room/alice/hd";
  const said = ["", "./low", "low", "../bob", ".", "../../../x", "a//b/"];
  assert.deepEqual(said.map((relative) => relatedPath(from, relative)), [
    "room/alice/hd",
    "room/alice/low",
    "room/alice/low",
    "room/bob",
    "room/alice",
    undefined,
    "room/alice/a/b",
  ]);
});
