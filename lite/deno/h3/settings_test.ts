import assert from "node:assert/strict";
import fc from "fast-check";
import { Http3Error } from "./error.ts";
import { decodeSettings, encodeSettings } from "./settings.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.fromHex(text.replaceAll(" ", ""));
const isHttp3 = (code: number) => (error: unknown): boolean =>
  error instanceof Http3Error && error.http3Code === code;

Deno.test("decodeSettings: what others send", () => {
  const both = { hasDatagrams: true, hasWebTransport: true };
  const payloads = [
    // The Rust relay.
    "ab603743 01 08 01 c0000000c671706a 01 06 80004000 33 01 80ffd277 01 ab603742 01",
    // Deno's own client.
    "08 01 33 01 80ffd277 01 c0000000c671706a 01 ab603742 01 ab603743 01",
    // Chromium, with a setting that means nothing.
    "01 80010000 06 80004000 07 4064 33 01 80ffd277 01 ab603742 01 9fff4321 7fff",
    // aioquic.
    "01 5000 07 10 08 01 21 01 33 01 ab603742 01",
  ];
  for (const payload of payloads) {
    assert.deepEqual(decodeSettings(hex(payload)), both, payload);
  }
  assert.deepEqual(decodeSettings(hex("")), {
    hasDatagrams: false,
    hasWebTransport: false,
  });
});

Deno.test("encodeSettings: says all that any draft looks for", () => {
  assert.deepEqual(decodeSettings(encodeSettings()), {
    hasDatagrams: true,
    hasWebTransport: true,
  });
  const text = encodeSettings().toHex();
  for (const pair of ["0801", "3301", "80ffd27701", "ab60374201"]) {
    assert.ok(text.includes(pair), `Expected ${pair} in ${text}`);
  }
});

Deno.test("decodeSettings: refuses duplicate, reserved, invalid or too many ids", () => {
  const many = Array.from(
    { length: 65 },
    (_, i) => (0x4100 + i).toString(16) + "00",
  ).join("");
  for (const payload of ["0601 0602", "0200", "0500", "3302", "0802", many]) {
    assert.throws(() => decodeSettings(hex(payload)), isHttp3(0x109), payload);
  }
});

Deno.test("decodeSettings: every truncation inside a pair is a frame error", () => {
  const whole = hex("c0000000c671706a 80000001");
  for (let length = 1; length < whole.byteLength; length++) {
    const cut = whole.subarray(0, length);
    assert.throws(() => decodeSettings(cut), isHttp3(0x106), `${length}`);
  }
});

Deno.test("decodeSettings: random bytes decode or throw Http3Error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeSettings(bytes);
      } catch (error) {
        assert.ok(error instanceof Http3Error, String(error));
      }
    }),
  );
});
