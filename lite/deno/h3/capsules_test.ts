import assert from "node:assert/strict";
import fc from "fast-check";
import { type Capsule, CapsuleReader, encodeClose } from "./capsules.ts";
import { Http3Error } from "./error.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.fromHex(text.replaceAll(" ", ""));

function readIn(pieces: readonly Uint8Array[]): Capsule[] {
  const reader = new CapsuleReader();
  return pieces.flatMap((piece) => reader.push(piece));
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) {
    pieces.push(bytes.subarray(at, at + size));
  }
  return pieces;
}

Deno.test("encodeClose: the bytes of the Rust relay", () => {
  assert.equal(
    encodeClose(2, "unauthorized").toHex(),
    "68431000000002756e617574686f72697a6564",
  );
  assert.equal(
    encodeClose(3, "invalid value").toHex(),
    "68431100000003696e76616c69642076616c7565",
  );
});

Deno.test("encodeClose: cuts a long reason between characters", () => {
  const [close] = readIn([encodeClose(0xffff_ffff, "\u20ac".repeat(1000))]);
  assert.deepEqual(close, {
    type: "close",
    code: 0xffff_ffff,
    reason: "\u20ac".repeat(341),
  });
  for (const code of [-1, 0.5, 2 ** 32, NaN]) {
    assert.throws(() => encodeClose(code, ""), RangeError);
  }
});

Deno.test("CapsuleReader: finds the same capsules however the bytes are cut", () => {
  const grease = hex("4021 03 010203");
  const datagram = hex("00 00");
  const drain = hex("800078ae 00");
  const paddedDrain = hex("800078ae 02 0000");
  const close = encodeClose(77, "bye");
  const all = Uint8Array.of(
    ...[grease, datagram, drain, paddedDrain, close].flatMap((b) => [...b]),
  );
  const expected: Capsule[] = [
    { type: "drain" },
    { type: "drain" },
    { type: "close", code: 77, reason: "bye" },
  ];
  for (let size = 1; size <= all.byteLength; size++) {
    assert.deepEqual(readIn(cut(all, size)), expected, `pieces of ${size}`);
  }
});

Deno.test("CapsuleReader: a truncated capsule is none", () => {
  const whole = encodeClose(9, "x");
  for (let length = 0; length < whole.byteLength; length++) {
    assert.deepEqual(readIn([whole.subarray(0, length)]), []);
  }
});

Deno.test("CapsuleReader: closes out of bounds and giants are message errors", () => {
  const broken = [
    "6843 03 000000", // no room for a code
    "6843 4405", // 1029 bytes
    "6843 06 00000000 ff fe", // not UTF-8
    "4021 80010001", // an unknown one of 64 KiB and a byte
    "4021 ffffffffffffffff",
  ];
  for (const bytes of broken) {
    assert.throws(
      () => readIn([hex(bytes)]),
      (error) => error instanceof Http3Error && error.http3Code === 0x10e,
      bytes,
    );
  }
});

Deno.test("CapsuleReader: random bytes are read or throw Http3Error", () => {
  const piece = fc.uint8Array({ maxLength: 64 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      try {
        readIn([hex("6843"), ...pieces]);
        readIn(pieces);
      } catch (error) {
        assert.ok(error instanceof Http3Error, String(error));
      }
    }),
  );
});
