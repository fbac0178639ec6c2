import assert from "node:assert/strict";
import { MoqError } from "@moq-deno/lite";
import { type PlayerFacts, stateOf } from "./player_state.ts";

const error = new MoqError("unauthorized", "token expired");
const PLAYING: PlayerFacts = {
  isSecure: true,
  hasDecoders: true,
  connection: { state: "connected", session: {} as never },
  name: "room/alice",
  isAnnounced: true,
  hasEnded: false,
  isExpected: false,
  hasCatalog: true,
  hasChoice: true,
  codecs: ["avc1.42001f"],
  hasPicture: true,
  isStill: false,
  isPaused: false,
  failure: undefined,
};
const REFUSED = { connection: { state: "closed", error } } as const;
const AWAY = { connection: { state: "waiting", retryMs: 1, error } } as const;

const STATES: readonly [Partial<PlayerFacts>, string, RegExp][] = [
  [{}, "playing", /^Live$/],
  [{ isStill: true }, "buffering", /^Buffering/],
  [{ isPaused: true }, "paused", /^Paused$/],
  [{ hasPicture: false }, "loading", /first picture/],
  [{ hasCatalog: false }, "loading", /^Loading…$/],
  [{ isAnnounced: false, isExpected: true }, "loading", /^Loading…$/],
  [{ isAnnounced: false }, "offline", /^Offline: .* "room\/alice" yet$/],
  [{ isAnnounced: false, hasEnded: true }, "ended", /has ended$/],
  [{ hasChoice: false }, "unsupported", /for H\.264 \(avc1\.42001f\)$/],
  [{ hasChoice: false, codecs: ["hev1.1.6", "opus"] }, "unsupported", /HEVC/],
  [{ hasChoice: false, codecs: [] }, "unsupported", /no picture or sound$/],
  [{ hasDecoders: false }, "unsupported", /no WebCodecs$/],
  [REFUSED, "refused", /token expired$/],
  [AWAY, "relay-gone", /^Relay unreachable/],
  [{ ...REFUSED, isSecure: false }, "unsupported", /not secure/],
  [{ failure: error }, "failed", /token expired$/],
];
const FINAL = ["unsupported", "refused", "failed"];
const CAUSED = ["relay-gone", "refused", "failed"];

for (const [facts, kind, text] of STATES) {
  Deno.test(`stateOf: ${kind} says ${text}`, () => {
    const state = stateOf({ ...PLAYING, ...facts });
    assert.equal(state.kind, kind);
    assert.match(state.text, text);
    assert.equal(state.isFinal, FINAL.includes(kind));
    assert.equal(state.cause, CAUSED.includes(kind) ? error : undefined);
  });
}
