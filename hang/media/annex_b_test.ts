import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import { AnnexB } from "./annex_b.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.fromHex(text.replaceAll(" ", ""));
// SPS 67aa and PPS 68bb, lengths of four bytes.
const AVCC = hex("01 4d401e ff e1 0002 67aa 01 0002 68bb");
// VPS 4001, SPS 4201 and PPS 4401, lengths of two bytes.
const HVCC = hex(
  `01 ${
    "00".repeat(20)
  } 01 03 20 0001 0002 4001 21 0001 0002 4201 22 0001 0002 4401`,
);

Deno.test("AnnexB writes start codes, and parameter sets before a keyframe", () => {
  const avc = new AnnexB("avc1.4d401e", AVCC);
  const data = hex("00000002 6588 00000001 06");
  assert.equal(
    avc.sample({ data, isKeyframe: true }).toHex(),
    "0000000167aa0000000168bb0000000165880000000106",
  );
  assert.equal(
    avc.sample({ data, isKeyframe: false }).toHex(),
    "0000000165880000000106",
  );
  const hevc = new AnnexB("hvc1.1.6.L30.90", HVCC);
  assert.equal(
    hevc.sample({ data: hex("0002 2601"), isKeyframe: true }).toHex(),
    "00000001400100000001420100000001440100000001" + "2601",
  );
  const inBand = new AnnexB("avc3.4d401e", undefined);
  assert.equal(inBand.sample({ data, isKeyframe: true }), data);
});

Deno.test("AnnexB refuses other codecs, and what does not fit, with MoqError", () => {
  assert.throws(() => new AnnexB("vp8", undefined), {
    code: "unsupported",
    message: "Expected H.264 or H.265 for a raw stream, got vp8",
  });
  for (
    const [codec, whole] of [["avc1.4d401e", AVCC], ["hvc1.1", HVCC]] as const
  ) {
    for (let end = 0; end < whole.byteLength; end++) {
      assert.throws(() => new AnnexB(codec, whole.subarray(0, end)), MoqError);
    }
  }
  const avc = new AnnexB("avc1.4d401e", AVCC);
  assert.throws(
    () => avc.sample({ data: hex("ffffffff 00"), isKeyframe: false }),
    { code: "decode" },
  );
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (one, data) => {
    for (const codec of ["avc1", "hvc1"]) {
      try {
        new AnnexB(codec, one).sample({ data, isKeyframe: true });
      } catch (error) {
        assert.ok(error instanceof MoqError, String(error));
      }
    }
  }));
});
