import assert from "node:assert/strict";
import { problemOf } from "../../publish/capture_problem.ts";
import { type HangPublishFacts, hangPublishStateOf } from "./publish_state.ts";

const LIVE: HangPublishFacts = {
  source: "camera",
  isSwitchedOff: false,
  hasMedia: true,
  isAsking: false,
  problem: undefined,
  publisher: { kind: "live", text: "Live" },
};

function kind(changes: Partial<HangPublishFacts>): string {
  return hangPublishStateOf({ ...LIVE, ...changes }).kind;
}

Deno.test("hangPublishStateOf: what keeps most from working is what is said", () => {
  const denied = problemOf("camera", "denied");
  const refused = { kind: "refused", text: "" } as const;
  const gone = { kind: "relay-gone", text: "" } as const;
  assert.equal(kind({}), "live");
  assert.equal(kind({ publisher: undefined, problem: denied }), "incomplete");
  assert.equal(kind({ publisher: refused, source: undefined }), "refused");
  assert.equal(kind({ source: undefined }), "choose");
  assert.equal(kind({ hasMedia: false, problem: denied }), "denied");
  assert.equal(kind({ problem: denied }), "live", "the microphone works");
  assert.equal(kind({ hasMedia: false, isAsking: true }), "asking");
  assert.equal(kind({ hasMedia: false, isSwitchedOff: true }), "hidden");
  assert.equal(kind({ hasMedia: false }), "opening");
  assert.equal(kind({ publisher: gone }), "relay-gone");
});
