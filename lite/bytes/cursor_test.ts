/**
 * Fields one by one; whole messages are in `../wire`.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../error.ts";
import { Reader, Writer } from "./cursor.ts";

const text = fc.string({ unit: "binary" });

function refused(read: () => unknown): void {
  assert.throws(
    read,
    (error) => error instanceof MoqError && error.code === "decode",
  );
}

type Step =
  | { readonly kind: "u8"; readonly value: number }
  | { readonly kind: "varint"; readonly value: number }
  | { readonly kind: "id"; readonly value: bigint }
  | { readonly kind: "optional"; readonly value: number | undefined }
  | { readonly kind: "string"; readonly value: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), value: fc.nat(255) }),
  fc.record({ kind: fc.constant("varint" as const), value: fc.maxSafeNat() }),
  fc.record({
    kind: fc.constant("id" as const),
    value: fc.bigInt(0n, 2n ** 62n - 1n),
  }),
  fc.record({
    kind: fc.constant("optional" as const),
    value: fc.option(fc.nat(), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("string" as const), value: text }),
);

function write(writer: Writer, { kind, value }: Step): Writer {
  if (kind === "u8") return writer.u8(value);
  if (kind === "optional") return writer.optional(value);
  return kind === "string" ? writer.string(value) : writer.varint(value);
}

Deno.test("Reader reads any sequence of fields that Writer wrote, and no more", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const writer = new Writer();
    for (const one of steps) write(writer, one);
    const reader = new Reader(writer.finish());
    for (const { kind, value } of steps) assert.equal(reader[kind](), value);
    reader.end();
  }));
});

Deno.test("Writer.u8 survives the growth of the buffer at every position", () => {
  const writer = new Writer();
  const bytes = Array.from({ length: 300 }, (_, i) => i & 0xff);
  for (const byte of bytes) writer.u8(byte);
  assert.deepEqual([...writer.finish()], bytes);
});

Deno.test("Writer.message puts the length in front", () => {
  assert.equal(new Writer().u8(1).u8(2).message().toHex(), "020102");
  const long = new Writer().bytes(new Uint8Array(64)).message();
  assert.equal(long.subarray(0, 2).toHex(), "4040");
});

Deno.test("Writer refuses values outside of a field", () => {
  for (const value of [-1, 256, 0.5, NaN]) {
    assert.throws(() => new Writer().u8(value), RangeError);
  }
  assert.throws(
    () => new Writer().optional(Number.MAX_SAFE_INTEGER),
    RangeError,
  );
});

Deno.test("Reader refuses to read past the end for any claimed length", () => {
  const huge = new Writer().varint(2 ** 40).finish();
  refused(() => new Reader(huge).sized());
  refused(() => new Reader(huge).string());
  refused(() => new Reader(new Uint8Array()).u8());
  refused(() => new Reader(new Uint8Array()).varint());
  refused(() => new Reader(Uint8Array.of(0x40)).varint());
  refused(() => new Reader(new Uint8Array(2)).bytes(3));
});

Deno.test("Reader.varint refuses integers above 2^53-1, id accepts them", () => {
  const bytes = new Writer().varint(2n ** 53n).finish();
  refused(() => new Reader(bytes).varint());
  assert.equal(new Reader(bytes).id(), 2n ** 53n);
});

Deno.test("Reader.end refuses leftovers", () => {
  const reader = new Reader(new Uint8Array(2));
  reader.u8();
  refused(() => reader.end());
  reader.u8();
  reader.end();
});

Deno.test("Reader.string keeps a byte order mark and refuses invalid UTF-8", () => {
  const mark = new Writer().string("\uFEFFa").finish();
  assert.equal(new Reader(mark).string(), "\uFEFFa");
  refused(() => new Reader(Uint8Array.of(2, 0xc3, 0x28)).string());
});

Deno.test("Reader.path normalizes, string does not", () => {
  const bytes = new Writer().string("//a///b/").finish();
  assert.equal(new Reader(bytes).path(), "a/b");
  assert.equal(new Reader(bytes).string(), "//a///b/");
});

Deno.test("Reader.bytes, sized and rest are views, not copies", () => {
  const from = Uint8Array.of(1, 7, 8, 9);
  const reader = new Reader(from);
  const sized = reader.sized();
  const rest = reader.rest();
  from.fill(0);
  assert.deepEqual([...sized, ...rest], [0, 0, 0]);
});
