import assert from "node:assert/strict";
import { isAdts, readAdtsHeader, stripAdtsHeader } from "./adts.ts";

// AAC-LC, 48 kHz, stereo, no checksum: from ffmpeg's MPEG-TS.
const HEADER = "fff14c80117ffc";

Deno.test("readAdtsHeader gives the AudioSpecificConfig that says the same", () => {
  const { headerBytes, audioSpecificConfig } = readAdtsHeader(
    Uint8Array.fromHex(`${HEADER}de02`),
  );
  assert.equal(headerBytes, 7);
  assert.equal(audioSpecificConfig.toHex(), "1190");
});

Deno.test("stripAdtsHeader leaves the frame without header and checksum", () => {
  const withChecksum = `fff0${HEADER.slice(4)}aaaa`;
  for (const header of [HEADER, withChecksum]) {
    const packet = Uint8Array.fromHex(`${header}de0204`);
    assert.equal(stripAdtsHeader(packet).toHex(), "de0204");
  }
});

Deno.test("readAdtsHeader refuses what is none, and several frames in one", () => {
  assert.equal(isAdts(Uint8Array.fromHex("fff14c")), false);
  assert.throws(() => readAdtsHeader(Uint8Array.fromHex("de02004c61766335")), {
    code: "decode",
    message:
      "Expected AAC with an ADTS header, got a packet of 8 bytes without",
  });
  assert.throws(() => readAdtsHeader(Uint8Array.fromHex("fff14c80117fff")), {
    code: "unsupported",
    message: "Expected one AAC frame in each ADTS frame, got 4",
  });
});
