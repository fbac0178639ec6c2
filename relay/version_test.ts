import assert from "node:assert/strict";
import manifest from "./deno.json" with { type: "json" };
import { RELAY_VERSION } from "./version.ts";

Deno.test("RELAY_VERSION: equals the package's version", () => {
  assert.equal(RELAY_VERSION, manifest.version);
});
