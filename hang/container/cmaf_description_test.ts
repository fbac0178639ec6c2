import assert from "node:assert/strict";
import { openMedia } from "../media/open.ts";
import { boxAt, type Mp4Box, splitBoxes } from "./boxes.ts";
import { cmafDescription } from "./cmaf_description.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.byteLength, 8);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, size);
  bytes.set(new TextEncoder().encode(type), 4);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function initOf(trak: Mp4Box): Uint8Array {
  return box("moov", box("trak", trak.body));
}

/** An init segment with one sample entry. */
function initWith(entry: Uint8Array): Uint8Array {
  const stsd = box("stsd", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1), entry);
  const minf = box("minf", box("stbl", stsd));
  return box("moov", box("trak", box("mdia", minf)));
}

Deno.test("cmafDescription finds avcC and AudioSpecificConfig in a real file", async () => {
  const bytes = await Deno.readFile(CLIP);
  const media = await openMedia({
    size: bytes.byteLength,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  });
  const moov = splitBoxes(boxAt(splitBoxes(bytes), ["moov"]));
  const traks = moov.filter(({ type }) => type === "trak");
  assert.equal(traks.length, 2);
  for (const [index, trak] of traks.entries()) {
    const { description } = media.tracks[index]!.config;
    assert.equal(cmafDescription(initOf(trak))?.toHex(), description);
  }
  media.close();
});

Deno.test("cmafDescription: turns dOps into the header that decoders want", () => {
  const dOps = Uint8Array.fromHex("0002" + "0138" + "0000bb80" + "0000" + "00");
  const entry = box("Opus", new Uint8Array(28), box("dOps", dOps));
  assert.equal(
    cmafDescription(initWith(entry))?.toHex(),
    new TextEncoder().encode("OpusHead").toHex() +
      "0102" + "3801" + "80bb0000" + "0000" + "00",
  );
});

Deno.test("cmafDescription: no extra data is none, a cut box is an error", () => {
  const vp8 = box("vp08", new Uint8Array(78), box("vpcC", new Uint8Array(12)));
  assert.equal(cmafDescription(initWith(vp8)), undefined);
  const esds = box("esds", new Uint8Array(4), Uint8Array.fromHex("03ffffff"));
  const odd = initWith(box("mp4a", new Uint8Array(28), esds));
  assert.equal(cmafDescription(odd), undefined);
  for (let length = 0; length < odd.byteLength; length++) {
    const cut = odd.subarray(0, length);
    assert.throws(() => cmafDescription(cut), { name: "MoqError" });
  }
});
