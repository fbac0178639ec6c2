/**
 * Frames against the shared vectors, truncated, in random sequences and as
 * random bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import vectors from "../../../tests/compliance/vectors/qmux.json" with {
  type: "json",
};
import { MoqError } from "../../error.ts";
import { decodeMessage } from "./decode.ts";
import { encodeFrame, type QmuxFrame } from "./frame.ts";

const WIRES = ["qmux-02", "qmux-01", "qmux-00", "webtransport"] as const;
type Wire = typeof WIRES[number];

interface Vector {
  readonly wires: readonly string[];
  readonly name?: string;
  readonly hex: string;
  readonly frames: readonly { readonly type: string }[];
  readonly decodeOnly?: string;
  readonly openEnded?: boolean;
}

const isWire = (name: string): name is Wire => WIRES.some((w) => w === name);

// The form of the vectors: hexadecimal payloads, plain numbers, no defaults and nothing absent.
function plain(frame: QmuxFrame): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(frame)) {
    if (value === undefined) continue;
    else if (value instanceof Uint8Array) fields[key] = value.toHex();
    else if (typeof value === "bigint") fields[key] = Number(value);
    else if (key === "parameters") fields[key] = plainParameters(value);
    else fields[key] = value;
  }
  return fields;
}

function plainParameters(parameters: object): Record<string, unknown> {
  const isDefault = (key: string, value: unknown): boolean =>
    value === 0 || value === false ||
    (key === "maxRecordBytes" && value === 16382);
  return Object.fromEntries(
    Object.entries(parameters).filter(([key, value]) => !isDefault(key, value)),
  );
}

for (const vector of vectors.frames as readonly Vector[]) {
  const bytes = Uint8Array.fromHex(vector.hex);
  for (const wire of vector.wires.filter(isWire)) {
    const what = vector.name ?? vector.frames.map(({ type }) => type).join();
    const name = `${wire} ${what} ${vector.hex.slice(0, 24)}`;

    Deno.test(`decodeMessage: ${name}`, () => {
      const frames = decodeMessage(bytes, wire);
      assert.deepEqual(frames.map(plain), vector.frames);
      if (vector.decodeOnly !== undefined) return;
      assert.equal(encodeFrame(frames[0]!, wire).toHex(), vector.hex);
    });

    if (vector.openEnded) continue;
    Deno.test(`decodeMessage: ${name}, cut off anywhere`, () => {
      for (let length = 1; length < bytes.byteLength; length++) {
        assert.throws(
          () => decodeMessage(bytes.subarray(0, length), wire),
          MoqError,
        );
      }
    });
  }
}

for (const { wires, hex, reason } of vectors.malformed) {
  for (const wire of wires.filter(isWire)) {
    Deno.test(`decodeMessage: ${wire} refuses ${reason}`, () => {
      assert.throws(
        () => decodeMessage(Uint8Array.fromHex(hex), wire),
        MoqError,
      );
    });
  }
}

for (const [wire, most] of [["qmux-02", 16382], ["qmux-00", 16384]] as const) {
  Deno.test(`decodeMessage: ${wire} refuses more than ${most} bytes`, () => {
    const message = new Uint8Array(most + 1);
    message.set([0x08, 4]);
    assert.equal(decodeMessage(message.subarray(0, most), wire).length, 1);
    assert.throws(() => decodeMessage(message, wire), MoqError);
  });
}

const number = fc.oneof(fc.nat(70), fc.nat(20_000), fc.maxSafeNat());
const bytes = fc.uint8Array({ maxLength: 300 });
const direction = fc.constantFrom("bidi" as const, "uni" as const);
const type = <T extends string>(...types: T[]) => fc.constantFrom(...types);
const anyFrame: fc.Arbitrary<QmuxFrame> = fc.oneof(
  fc.record({
    type: type("stream"),
    id: number,
    offset: number,
    data: bytes,
    fin: fc.boolean(),
  }),
  fc.record({
    type: type("reset"),
    id: number,
    code: number,
    finalSize: number,
  }),
  fc.record({ type: type("stop"), id: number, code: number }),
  fc.record({
    type: type("application-close", "connection-close"),
    code: number,
    reason: fc.string({ unit: "grapheme" }),
  }),
  fc.record({ type: type("max-data"), max: number }),
  fc.record({ type: type("max-stream-data"), id: number, max: number }),
  fc.record({ type: type("max-streams"), direction, max: number }),
  fc.record({ type: type("streams-blocked"), direction, limit: number }),
  fc.record({ type: type("datagram"), data: bytes }),
  fc.record({
    type: type("ping", "pong"),
    sequence: fc.bigInt(0n, (1n << 62n) - 1n),
  }),
);

Deno.test("encodeFrame: any frames in one message come back as they were", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 20 }), (frames) => {
      const message = new Uint8Array(
        frames.flatMap((frame) => [...encodeFrame(frame, "qmux-02")]),
      );
      assert.deepEqual(
        decodeMessage(message, "qmux-02").map(plain),
        frames.map(plain),
      );
    }),
  );
});

Deno.test("decodeMessage: random bytes give frames or MoqError", () => {
  const first = fc.constantFrom(0x00, 0x04, 0x08, 0x0e, 0x1c, 0x31, 0xff, 0xf4);
  const message = fc.tuple(first, bytes).map(([at, rest]) => [at, ...rest]);
  fc.assert(
    fc.property(fc.constantFrom(...WIRES), message, (wire, raw) => {
      try {
        decodeMessage(Uint8Array.from(raw), wire);
      } catch (error) {
        assert.ok(error instanceof MoqError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
