import assert from "node:assert/strict";
import { routeHash } from "./route_hash.ts";

Deno.test("routeHash: the numbers that other relays compute", () => {
  assert.equal(routeHash("cam", [7n]), 0xb28aa1dbb230a245n);
  assert.equal(routeHash("cam", [9n]), 0x6c6b4c11f3cc5f0bn);
  assert.equal(routeHash("room/alice", []), 0xe32be9b81f8fb583n);
});
