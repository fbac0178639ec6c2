/**
 * PROBE at the Rust relay.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connectOurs, relayOf } from "./peers.ts";

for (const version of ["06", "05", "04"] as const) {
  Deno.test({
    name: `interop: the Rust relay reports the round trip, moq-lite-${version}`,
    // Starts and ends another program.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using relay = await relayOf("rust");
      await using viewer = await connectOurs(
        { relay, scheme: "moqt", version },
        "subscriber",
      );
      const reports = viewer.probe();
      for (;;) {
        const { value, done } = await reports.next();
        assert.ok(!done, "the relay reports nothing");
        if (value.rttMs > 0) break;
      }
      await reports.return();
    },
  });
}
