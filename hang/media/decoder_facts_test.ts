import assert from "node:assert/strict";
import { decoderFacts } from "./decoder_facts.ts";

Deno.test("decoderFacts: a codec may be called like what every object has", () => {
  const { stepUs } = decoderFacts({
    codec: "constructor",
    sampleRate: 48_000,
    numberOfChannels: 2,
  });
  assert.equal(stepUs, 21_333);
});
