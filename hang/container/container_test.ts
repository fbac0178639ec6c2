import assert from "node:assert/strict";
import { containerSuite } from "../../tests/compliance/container.ts";
import { openContainer } from "./container.ts";
import { openCmaf } from "./cmaf.ts";
import { legacyContainer } from "./legacy.ts";
import { locContainer } from "./loc.ts";

const bytes = (hex: string): Uint8Array =>
  Uint8Array.fromHex(hex.replaceAll(/\s/g, ""));

/** The hex of a box around the hex of what is in it. */
function box(type: string, ...inner: readonly string[]): string {
  const body = inner.join("").replaceAll(/\s/g, "");
  const size = (8 + body.length / 2).toString(16).padStart(8, "0");
  return size + new TextEncoder().encode(type).toHex() + body;
}

const word = (value: number): string =>
  (value >>> 0).toString(16).padStart(8, "0");

function initOf(trackId: number): Uint8Array {
  const tkhd = box("tkhd", "00000000 00000000 00000000", word(trackId));
  const mdhd = box("mdhd", "00000000 00000000 00000000", word(1_000_000));
  const trex = box(
    "trex",
    "00000000",
    word(trackId),
    word(1),
    word(1000), // duration
    word(5), // size
    "00010000", // no sync sample
  );
  return bytes(
    box("ftyp", "69736f35") +
      box("moov", box("trak", tkhd, box("mdia", mdhd)), box("mvex", trex)),
  );
}

function fragmentOf(trun: string): Uint8Array {
  const moof = box(
    "moof",
    box("mfhd", "00000000", word(1)),
    box(
      "traf",
      box("tfhd", "00020000", word(7)),
      box("tfdt", "00000000", word(2000)),
      trun,
    ),
  );
  return bytes(moof + box("mdat", "0102030405060708090a"));
}

const INIT = initOf(7);

containerSuite("legacy", () => legacyContainer);
containerSuite("loc", () => locContainer);
containerSuite("cmaf", () => openCmaf(INIT));

Deno.test("legacyContainer writes a varint of microseconds and the codec's bytes", () => {
  const payload = legacyContainer.encode({
    timestampUs: 33_333,
    data: Uint8Array.of(0xaa, 0xbb),
  });
  assert.equal(payload.toHex(), "80008235aabb");
});

Deno.test("legacyContainer reads a timestamp alone as the end of the content", () => {
  assert.deepEqual(legacyContainer.decode(bytes("80008235")), []);
});

Deno.test("locContainer writes the timestamp as its only property", () => {
  const payload = locContainer.encode({
    timestampUs: 33_333,
    data: Uint8Array.of(0xaa),
  });
  assert.equal(payload.toHex(), "051080008235aa");
});

Deno.test("locContainer reads delta-coded types and the timescale property", () => {
  // 0x06 old timestamp 1; +2 = 0x08 timescale 1000; +1 = 0x09 two bytes unknown; +7 = 0x10 timestamp 40
  const payload = bytes("0b 0601 0243e8 01021234 0728 cc");
  assert.deepEqual(locContainer.decode(payload), [
    { timestampUs: 40_000, data: Uint8Array.of(0xcc) },
  ]);
});

Deno.test("locContainer takes the old timestamp property where there is no other", () => {
  assert.equal(locContainer.decode(bytes("02 0605 cc"))[0]?.timestampUs, 5);
});

Deno.test("locContainer refuses a timescale of 0 and a frame without a timestamp", () => {
  const expected = {
    code: "decode",
    message: /LOC timestamp \(0x10\) and a timescale above 0/,
  };
  assert.throws(() => locContainer.decode(bytes("04 0800 0801 cc")), expected);
  assert.throws(() => locContainer.decode(bytes("00 cc")), expected);
});

Deno.test("openCmaf reads samples with defaults, composition offsets and flags", () => {
  // Signed offsets (version 1); data offset, first flags and composition offsets are there.
  const trunOf = (dataOffset: number): string =>
    box(
      "trun",
      "01000805",
      word(2),
      word(dataOffset),
      word(0x02000000),
      word(3000),
      word(-1000),
    );
  const headBytes = fragmentOf(trunOf(0)).byteLength - 10;
  const samples = openCmaf(INIT).decode(fragmentOf(trunOf(headBytes)));
  assert.deepEqual(
    samples.map((sample) => ({ ...sample, data: sample.data.toHex() })),
    [
      {
        timestampUs: 5000,
        durationUs: 1000,
        isKeyframe: true,
        data: "0102030405",
      },
      {
        timestampUs: 2000,
        durationUs: 1000,
        isKeyframe: false,
        data: "060708090a",
      },
    ],
  );
});

Deno.test("openCmaf names a trun that is cut or points outside the fragment", () => {
  const short = box("trun", "01000805", word(2), word(100), word(0));
  assert.throws(() => openCmaf(INIT).decode(fragmentOf(short)), {
    code: "decode",
    message: "Expected 4 more bytes in box trun, got 0",
  });
  const outside = box("trun", "00000001", word(1), word(120));
  assert.throws(() => openCmaf(INIT).decode(fragmentOf(outside)), {
    code: "decode",
    message:
      /^Expected samples within \d+ bytes, trun has one from 120 to 125$/,
  });
});

Deno.test("openCmaf refuses a run with more samples than a group can hold", () => {
  const run = box("trun", "00000001", word(0xffffffff), word(0));
  assert.throws(() => openCmaf(INIT).decode(fragmentOf(run)), {
    code: "too-large",
  });
});

Deno.test("openCmaf refuses more samples than the payload has bytes", () => {
  const run = box("trun", "00000001", word(8192), word(0));
  const payload = fragmentOf(run);
  assert.throws(() => openCmaf(INIT).decode(payload), {
    code: "too-large",
    message: `Expected at most ${payload.byteLength} samples in trun, got 8192`,
  });
});

Deno.test("openCmaf refuses samples that overlap", () => {
  const run = box("trun", "00000201", word(1), word(0), word(500));
  assert.throws(() => openCmaf(INIT).decode(fragmentOf(run.repeat(40))), {
    code: "decode",
    message: "Expected samples that do not overlap, the one from 0 to 500 does",
  });
});

Deno.test("openCmaf names the box that an init segment lacks", () => {
  assert.throws(() => openCmaf(bytes(box("ftyp"))), {
    code: "decode",
    message: "Expected box moov in the file, got ftyp",
  });
  assert.throws(() => openCmaf(bytes(box("moov", box("trak")))), {
    code: "decode",
    message: "Expected box tkhd in trak, got none",
  });
});

Deno.test("openCmaf leaves out fragments of other tracks", () => {
  const fragment = openCmaf(INIT).encode({
    timestampUs: 1,
    data: Uint8Array.of(1),
  });
  assert.deepEqual(openCmaf(initOf(9)).decode(fragment), []);
});

Deno.test("openContainer defaults to legacy and refuses unknown kinds", () => {
  assert.equal(openContainer({ codec: "opus" }).kind, "legacy");
  assert.throws(
    () => openContainer({ codec: "opus", container: { kind: "warp", x: 1 } }),
    {
      code: "unsupported",
      message:
        'Expected a legacy, cmaf or loc container, got {"kind":"warp","x":1}',
    },
  );
});
