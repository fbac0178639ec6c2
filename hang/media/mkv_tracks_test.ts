import assert from "node:assert/strict";
import fc from "fast-check";
import { subtitlesOf } from "./mkv_tracks.ts";

function element(id: string, body: Uint8Array): Uint8Array {
  const head = Uint8Array.fromHex(id);
  return Uint8Array.from([...head, 0x80 | body.byteLength, ...body]);
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

const VIDEO = element("ae", element("83", Uint8Array.of(1)));
const SUBTITLES = element(
  "ae",
  join(
    element("d7", Uint8Array.of(3)),
    element("83", Uint8Array.of(17)),
    element("22b59c", text("fra")),
    element("86", text("S_TEXT/UTF8")),
  ),
);
const TRACKS = element("1654ae6b", join(VIDEO, SUBTITLES));
// A segment of unknown size, as live streams have.
const FILE = join(
  element("1a45dfa3", text("matroska")),
  Uint8Array.fromHex("1853806701ffffffffffffff"),
  TRACKS,
);

Deno.test("subtitlesOf names the tracks of subtitles, with language and codec", () => {
  assert.deepEqual(subtitlesOf(FILE), [
    "Track 3 is subtitles (fra, S_TEXT/UTF8), which are not read",
  ]);
});

Deno.test("subtitlesOf ends with any bytes, and a file cut anywhere", () => {
  for (let end = 0; end < FILE.byteLength; end++) {
    assert.ok(subtitlesOf(FILE.subarray(0, end)).length <= 1);
  }
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(fc.property(bytes, (rest) => {
    subtitlesOf(join(FILE.subarray(0, 30), rest));
  }));
});
