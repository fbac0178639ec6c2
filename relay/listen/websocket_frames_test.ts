import assert from "node:assert/strict";
import fc from "fast-check";
import {
  closePayload,
  FrameError,
  frameHeader,
  OPCODE,
  type Received,
  WebSocketFrameReader,
} from "./websocket_frames.ts";

interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly isFinal?: boolean;
}

/** A frame as a client writes it. */
function masked({ opcode, payload, isFinal = true }: Frame): Uint8Array {
  const header = frameHeader(opcode, payload.byteLength);
  header[0] = opcode | (isFinal ? 0x80 : 0);
  header[1]! |= 0x80;
  const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
  const body = payload.map((byte, i) => byte ^ mask[i & 3]!);
  return Uint8Array.from([...header, ...mask, ...body]);
}

/** Reads `bytes` cut into pieces of `size`. */
function read(bytes: Uint8Array, { size = 1 << 30, max = 100_000 } = {}) {
  const reader = new WebSocketFrameReader(max);
  const received: Received[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) {
    received.push(...reader.push(bytes.subarray(at, at + size)));
  }
  return received;
}

const isError = (code: number) => (error: unknown): boolean =>
  error instanceof FrameError && error.code === code;

const text = (value: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(value);

Deno.test("FrameReader: the frames of RFC 6455, section 5.7", () => {
  const hello = Uint8Array.fromHex("818537fa213d7f9f4d5158");
  assert.deepEqual(read(hello), [{ opcode: OPCODE.text, data: text("Hello") }]);
});

Deno.test("FrameReader: any cut into frames and chunks gives the messages", () => {
  const message = fc.record({
    parts: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1 }),
    ping: fc.option(fc.uint8Array({ maxLength: 125 })),
  });
  fc.assert(fc.property(
    fc.array(message, { maxLength: 5 }),
    fc.integer({ min: 1, max: 400 }),
    (messages, size) => {
      const wire: number[] = [];
      const expected: Received[] = [];
      for (const { parts, ping } of messages) {
        for (const [i, payload] of parts.entries()) {
          const opcode = i === 0 ? OPCODE.binary : OPCODE.continuation;
          const isFinal = i === parts.length - 1;
          wire.push(...masked({ opcode, payload, isFinal }));
          if (!isFinal && ping) {
            wire.push(...masked({ opcode: OPCODE.ping, payload: ping }));
            const data = new Uint8Array(ping);
            expected.push({ opcode: OPCODE.ping, data });
          }
        }
        const data = Uint8Array.from(parts.flatMap((part) => [...part]));
        expected.push({ opcode: OPCODE.binary, data });
      }
      assert.deepEqual(read(Uint8Array.from(wire), { size }), expected);
    },
  ));
});

Deno.test("FrameReader: a message over the bound fails at its header", () => {
  const bytes = masked({ opcode: OPCODE.binary, payload: new Uint8Array(101) });
  assert.throws(() => read(bytes.subarray(0, 6), { max: 100 }), isError(1009));
  const reader = new WebSocketFrameReader(100);
  const payload = new Uint8Array(60);
  const first = { opcode: OPCODE.binary, payload, isFinal: false };
  const second = { opcode: OPCODE.continuation, payload };
  assert.deepEqual([...reader.push(masked(first))], []);
  assert.throws(() => [...reader.push(masked(second))], isError(1009));
});

Deno.test("FrameReader: what breaks the rules is a protocol error", () => {
  const none = new Uint8Array(0);
  const broken = [
    Uint8Array.of(0x82, 0x01, 0, 0, 0, 0, 0), // not masked
    Uint8Array.of(0xc2, 0x81, 0, 0, 0, 0, 0), // a reserved bit
    masked({ opcode: 3, payload: none }),
    masked({ opcode: 11, payload: none }),
    masked({ opcode: OPCODE.continuation, payload: none }),
    masked({ opcode: OPCODE.ping, payload: none, isFinal: false }),
    masked({ opcode: OPCODE.ping, payload: new Uint8Array(126) }),
    Uint8Array.from([
      ...masked({ opcode: OPCODE.binary, payload: none, isFinal: false }),
      ...masked({ opcode: OPCODE.binary, payload: none }),
    ]),
  ];
  for (const bytes of broken) {
    assert.throws(() => read(bytes), isError(1002), bytes.toHex());
  }
});

Deno.test("FrameReader: random bytes are read or throw FrameError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    try {
      read(bytes, { max: 200 });
    } catch (error) {
      assert.ok(error instanceof FrameError);
    }
  }));
});

Deno.test("closePayload: a long reason is cut to what a frame holds", () => {
  const payload = closePayload(1009, "x".repeat(500));
  assert.equal(payload.byteLength, 125);
  assert.equal(new DataView(payload.buffer).getUint16(0), 1009);
});
