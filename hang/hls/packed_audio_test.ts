import assert from "node:assert/strict";
import fc from "fast-check";
import { readPackedAudio } from "./packed_audio.ts";

const OWNER = "com.apple.streaming.transportStreamTimestamp";
const FRAMES = Uint8Array.of(0xff, 0xf1, 1, 2, 3);

/** A tag with one frame. */
function tag(id: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + body.byteLength);
  bytes.set(new TextEncoder().encode("ID3\x04"));
  bytes[9] = 10 + body.byteLength;
  bytes.set(new TextEncoder().encode(id), 10);
  bytes[17] = body.byteLength;
  bytes.set(body, 20);
  return bytes;
}

function timeTag(ticks: bigint): Uint8Array {
  const body = new Uint8Array(OWNER.length + 9);
  body.set(new TextEncoder().encode(OWNER));
  new DataView(body.buffer).setBigUint64(OWNER.length + 1, ticks);
  return tag("PRIV", body);
}

const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

Deno.test("readPackedAudio takes the time from the tag and the tag away", () => {
  assert.deepEqual(readPackedAudio(join(timeTag(900_000n), FRAMES)), {
    frames: FRAMES,
    timeUs: 10_000_000,
  });
  const title = tag("TIT2", Uint8Array.of(0, 65));
  assert.deepEqual(readPackedAudio(join(title, timeTag(9n), FRAMES)), {
    frames: FRAMES,
    timeUs: 100,
  });
  assert.deepEqual(readPackedAudio(join(title, FRAMES)), {
    frames: FRAMES,
    timeUs: undefined,
  });
  assert.equal(readPackedAudio(FRAMES), undefined);
});

Deno.test("readPackedAudio ends with any bytes", () => {
  const bytes = fc.uint8Array({ maxLength: 100 });
  fc.assert(fc.property(bytes, bytes, (one, other) => {
    const segment = join(Uint8Array.of(0x49, 0x44, 0x33, 4), one, other);
    const read = readPackedAudio(segment);
    assert.ok(!read || read.frames.byteLength < segment.byteLength);
  }));
});
