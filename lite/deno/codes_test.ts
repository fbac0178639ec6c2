import assert from "node:assert/strict";
import fc from "fast-check";
import {
  fromHttp3Code,
  isPeerStreamError,
  peerCodeOf,
  quicError,
  toHttp3Code,
} from "./codes.ts";

const VECTORS: readonly (readonly [plain: number, wire: number])[] = [
  [0, 0x52e4a40fa8db],
  [1, 0x52e4a40fa8dc],
  [13, 0x52e4a40fa8e8],
  [0x12, 0x52e4a40fa8ed],
  [26, 0x52e4a40fa8f5],
  [29, 0x52e4a40fa8f8],
  [30, 0x52e4a40fa8fa],
  [0x33, 0x52e4a40fa90f],
  [0x36, 0x52e4a40fa912],
  [64, 0x52e4a40fa91d],
  [468, 0x52e4a40faabe],
  [0xffffffff, 0x52e5ac983162],
];

Deno.test("toHttp3Code, fromHttp3Code: the vectors", () => {
  for (const [plain, wire] of VECTORS) {
    assert.equal(toHttp3Code(plain), wire);
    assert.equal(fromHttp3Code(wire), plain);
    assert.equal(fromHttp3Code(BigInt(wire)), plain);
  }
});

Deno.test("fromHttp3Code: undoes toHttp3Code, which hits no reserved code", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (plain) => {
    const wire = toHttp3Code(plain);
    assert.equal(fromHttp3Code(wire), plain);
    assert.notEqual((wire - 0x21) % 0x1f, 0);
  }));
});

Deno.test("fromHttp3Code: plain codes pass, everything else means nothing", () => {
  assert.equal(fromHttp3Code(77), 77);
  assert.equal(fromHttp3Code(0x52e4a40fa8db - 1), undefined);
  assert.equal(fromHttp3Code(0x52e4a40fa8f9), undefined); // reserved, after 29
  assert.equal(fromHttp3Code(0x52e5ac983163), undefined);
  assert.equal(fromHttp3Code((1n << 62n) - 1n), undefined);
});

Deno.test("toHttp3Code: refuses codes that are not u32", () => {
  for (const code of [-1, 2 ** 32, 1.5, NaN]) {
    assert.throws(() => toHttp3Code(code), RangeError);
  }
});

Deno.test("quicError: one stream's end is told from the connection's", () => {
  const reset = new Error("stream reset by peer: error 91141958510866");
  assert.equal(isPeerStreamError(reset), true);
  assert.equal(quicError(reset).code, "remote");
  assert.equal(quicError(reset).remoteCode, 0x36);
  assert.equal(quicError(reset).cause, reset);
  assert.equal(peerCodeOf(new Error("sending stopped by peer: error 7")), 7);
  const refused = new Error("aborted by peer: the handshake failed: error 120");
  assert.equal(quicError(refused).code, "transport");
  assert.equal(peerCodeOf(refused), undefined);
});
