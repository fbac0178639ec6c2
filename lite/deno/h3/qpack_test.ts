import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../../error.ts";
import { Http3Error } from "./error.ts";
import { decodeHuffman } from "./huffman.ts";
import { decodeFields, encodeFields, type Field } from "./qpack.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
const latin = (text: string): Uint8Array =>
  Uint8Array.from(text, (c) => c.charCodeAt(0));
const isHttp3 = (code: number) => (error: unknown): boolean =>
  error instanceof Http3Error && error.http3Code === code;

// RFC 7541 appendix C.4 and C.6.
const HUFFMAN: readonly (readonly [coded: string, plain: string])[] = [
  ["f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"],
  ["a8eb 1064 9cbf", "no-cache"],
  ["25a8 49e9 5ba9 7d7f", "custom-key"],
  ["25a8 49e9 5bb8 e8b4 bf", "custom-value"],
  ["6402", "302"],
  ["aec3 771a 4b", "private"],
  [
    "d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff",
    "Mon, 21 Oct 2013 20:13:21 GMT",
  ],
  ["9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3", "https://www.example.com"],
  [
    "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ],
];

Deno.test("decodeHuffman: the examples of RFC 7541", () => {
  for (const [coded, plain] of HUFFMAN) {
    assert.deepEqual(decodeHuffman(hex(coded)), latin(plain));
  }
});

Deno.test("decodeHuffman: EOS, long padding and padding of zeros are errors", () => {
  for (const coded of ["ffffffff", "1fff", "18", "ff"]) {
    assert.throws(() => decodeHuffman(hex(coded)), isHttp3(0x200));
  }
  assert.deepEqual(decodeHuffman(hex("1f")), latin("a"));
});

Deno.test("decodeFields: RFC 9204 B.1, a name from the static table", () => {
  const section = hex("0000 510b 2f69 6e64 6578 2e68 746d 6c");
  assert.deepEqual(decodeFields(section), [[":path", "/index.html"]]);
});

Deno.test("decodeFields: answers seen from other servers", () => {
  const draft: Field = ["sec-webtransport-http3-draft", "draft02"];
  assert.deepEqual(
    decodeFields(hex(
      "0000d92715 7365632d7765627472616e73706f72742d68747470332d6472616674 07 64726166743032",
    )),
    [[":status", "200"], draft],
  );
  assert.deepEqual(
    decodeFields(hex(
      "0000d9 2704 77742d70726f746f636f6c 0d 226d6f712d6c6974652d303522",
    )),
    [[":status", "200"], ["wt-protocol", '"moq-lite-05"']],
  );
});

Deno.test("encodeFields: the minimal 200 with a subprotocol", () => {
  const fields: Field[] = [[":status", "200"], [
    "wt-protocol",
    '"moq-lite-06"',
  ]];
  assert.equal(
    encodeFields(fields).toHex(),
    "0000d9270477742d70726f746f636f6c0d226d6f712d6c6974652d303622",
  );
});

Deno.test("decodeFields: references to the dynamic table are errors", () => {
  const sections = [
    "0200 80", // a required insert count
    "0000 80", // indexed, dynamic
    "0000 10", // indexed, post-base
    "0000 40 00", // name reference, dynamic
    "0000 00 00", // name reference, post-base
    "0000 ff 24", // static index 99
    "0000 27 ffffffff7f", // a length beyond 32 bits
  ];
  for (const section of sections) {
    assert.throws(() => decodeFields(hex(section)), isHttp3(0x200), section);
  }
});

Deno.test("decodeFields: every truncation inside a field throws", () => {
  const whole = encodeFields([["authorization", "x".repeat(200)]]);
  for (let length = 0; length < whole.byteLength; length++) {
    if (length === 2) continue; // An empty section.
    assert.throws(() => decodeFields(whole.subarray(0, length)), Http3Error);
  }
});

Deno.test("decodeFields: one byte cannot grow without bound", () => {
  const bomb = new Uint8Array(16 * 1024).fill(0xc0 | 46);
  bomb.set([0, 0]);
  assert.throws(() => decodeFields(bomb), isHttp3(0x107));
});

Deno.test("decodeFields: is the inverse of encodeFields", () => {
  const name = fc.stringMatching(/^:?[a-z0-9-]{1,40}$/);
  const value = fc.string({ maxLength: 300 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 20 }),
      (fields) => assert.deepEqual(decodeFields(encodeFields(fields)), fields),
    ),
  );
});

Deno.test("decodeFields, decodeHuffman: random bytes decode or throw MoqError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const decode of [decodeFields, decodeHuffman]) {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(error instanceof MoqError, String(error));
        }
      }
    }),
    { numRuns: 500 },
  );
});
