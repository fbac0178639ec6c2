import assert from "node:assert/strict";
import manifest from "./deno.json" with { type: "json" };
import { RELAY_VERSION } from "./version.ts";

Deno.test("RELAY_VERSION: is the package's", () => {
  assert.equal(RELAY_VERSION, manifest.version);
});
