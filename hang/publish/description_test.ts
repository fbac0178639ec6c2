import assert from "node:assert/strict";
import { aacDescription, hexOf } from "./description.ts";

Deno.test("aacDescription: what encoders write for the usual formats", () => {
  const of = (sampleRate: number, numberOfChannels: number) =>
    aacDescription({ sampleRate, numberOfChannels });
  assert.equal(of(48_000, 2), "1190");
  assert.equal(of(44_100, 2), "1210");
  assert.equal(of(44_100, 1), "1208");
  assert.equal(of(48_001, 2), undefined);
});

Deno.test("hexOf: a view is only its own bytes", () => {
  const bytes = Uint8Array.of(0, 1, 0xab, 3);
  assert.equal(hexOf(bytes.subarray(1, 3)), "01ab");
  assert.equal(hexOf(bytes.buffer), "0001ab03");
});
