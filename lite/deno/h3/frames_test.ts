import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../../error.ts";
import { ByteReader } from "./byte_reader.ts";
import { Http3Error } from "./error.ts";
import {
  encodeFrame,
  encodePrefix,
  readFrameHeader,
  readHeaders,
} from "./frames.ts";
import { encodeFields, type Field } from "./qpack.ts";

const FIELDS: Field[] = [[":status", "200"], ["wt-protocol", '"moq-lite-06"']];
const GREASE = 0x21;

const hex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromHex(text.replaceAll(" ", ""));
const isHttp3 = (code: number) => (error: unknown): boolean =>
  error instanceof Http3Error && error.http3Code === code;

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A byte stream that hands out `size` bytes at a time and then ends. */
function reader(bytes: Uint8Array, size = bytes.byteLength): ByteReader {
  let at = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller): void {
      const piece = bytes.slice(at, at += size);
      if (piece.byteLength > 0) controller.enqueue(piece);
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
  return new ByteReader(stream);
}

Deno.test("encodeFrame, encodePrefix: bytes seen from other implementations", () => {
  assert.equal(
    encodeFrame(1, encodeFields(FIELDS)).toHex(),
    "011e0000d9270477742d70726f746f636f6c0d226d6f712d6c6974652d303622",
  );
  assert.equal(encodePrefix(0x54, 0).toHex(), "405400");
  assert.equal(encodePrefix(0x41, 0).toHex(), "404100");
});

Deno.test("ByteReader: varints of all sizes, however the bytes are cut", async () => {
  const values = [0, 63, 64, 16383, 16384, 2 ** 30 - 1, 2 ** 30, 2 ** 53 - 1];
  const bytes = encodePrefix(...values);
  for (const size of [1, 2, 3, 7, bytes.byteLength]) {
    const from = reader(bytes, size);
    for (const value of values) assert.equal(await from.varint(), value);
    assert.equal(await from.varint(), undefined);
  }
});

Deno.test("ByteReader: gives back what it read too much", async () => {
  const from = reader(hex("405400 0102030405"));
  assert.equal(await from.varint(), 0x54);
  assert.equal(await from.varint(), 0);
  const { stream, left } = from.release();
  assert.equal(left.toHex(), "0102030405");
  assert.equal(stream.locked, false);
});

Deno.test("readHeaders: skips frames that mean nothing, stops at FIN", async () => {
  const headers = encodeFrame(1, encodeFields(FIELDS));
  const grease = encodeFrame(GREASE, new Uint8Array(1000));
  for (const size of [1, 50, 5000]) {
    const from = reader(join(grease, grease, headers), size);
    assert.deepEqual(await readHeaders(from), FIELDS);
  }
  assert.equal(await readHeaders(reader(grease)), undefined);
});

Deno.test("readHeaders: every truncation is a decode error", async () => {
  const whole = join(
    encodeFrame(GREASE, new Uint8Array(70)),
    encodeFrame(1, encodeFields(FIELDS)),
  );
  const boundaries = [0, 73];
  for (let length = 0; length < whole.byteLength; length++) {
    const reading = readHeaders(reader(whole.subarray(0, length), 9));
    if (boundaries.includes(length)) assert.equal(await reading, undefined);
    else {
      await assert.rejects(
        reading,
        (error) => error instanceof MoqError && error.code === "decode",
      );
    }
  }
});

Deno.test("readHeaders: misplaced or too long frames end the connection", async () => {
  const cases: readonly (readonly [bytes: string, code: number])[] = [
    ["00 00", 0x105], // DATA before HEADERS
    ["04 00", 0x105], // SETTINGS on a request
    ["02 00", 0x105], // a frame of HTTP/2
    ["01 80004001", 0x107], // HEADERS of 16 KiB and a byte
    ["01 ffffffffffffffff", 0x107],
    ["21 80010001", 0x107], // an unknown frame of 64 KiB and a byte
    ["2100".repeat(18), 0x107], // nothing but grease
    ["01 03 000080", 0x200], // a dynamic reference
  ];
  for (const [bytes, code] of cases) {
    await assert.rejects(readHeaders(reader(hex(bytes))), isHttp3(code), bytes);
  }
});

Deno.test("readFrameHeader, readHeaders: random bytes are read or throw MoqError", async () => {
  const input = fc.uint8Array({ minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(
      input,
      fc.integer({ min: 1, max: 40 }),
      async (b, size) => {
        for (const read of [readFrameHeader, readHeaders]) {
          try {
            await read(reader(b, size));
          } catch (error) {
            assert.ok(error instanceof MoqError, String(error));
          }
        }
      },
    ),
  );
});
