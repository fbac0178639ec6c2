import assert from "node:assert/strict";
import { type ConnectionStatus, MoqError } from "@moq-deno/lite";
import { downStateOf } from "./connection_state.ts";

const error = new MoqError("unauthorized", "token expired");
const STATES: readonly [ConnectionStatus, string, string][] = [
  [{ state: "connecting", attempt: 1 }, "connecting", "Connecting…"],
  [{ state: "connecting", attempt: 2 }, "relay-gone", "away"],
  [{ state: "waiting", retryMs: 1, error }, "relay-gone", "away"],
  [
    { state: "closed", error },
    "refused",
    "Refused by the relay: token expired",
  ],
  [
    { state: "closed", error: undefined },
    "refused",
    "Refused by the relay: connection closed",
  ],
];

for (const [status, kind, text] of STATES) {
  Deno.test(`downStateOf: ${status.state} is "${text}"`, () => {
    assert.deepEqual(downStateOf(status, "away"), { kind, text });
  });
}
