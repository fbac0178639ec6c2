/**
 * Every vector in this folder, both ways. The vectors contain the numbers of
 * streams and messages; none are imported from our code.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MoqError } from "../../../lite/error.ts";
import announce from "./announce.json" with { type: "json" };
import datagram from "./datagram.json" with { type: "json" };
import fetch from "./fetch.json" with { type: "json" };
import goaway from "./goaway.json" with { type: "json" };
import group from "./group.json" with { type: "json" };
import inBand from "./in_band.json" with { type: "json" };
import malformed from "./malformed.json" with { type: "json" };
import probe from "./probe.json" with { type: "json" };
import setup from "./setup.json" with { type: "json" };
import subscribe from "./subscribe.json" with { type: "json" };
import track from "./track.json" with { type: "json" };
import varint from "./varint.json" with { type: "json" };
import { CODECS, type Draft, type Fields } from "./codecs.ts";

interface Vector {
  readonly draft: string;
  readonly message: string;
  readonly name?: string;
  readonly stream?: string;
  readonly hex: string;
  readonly fields: Fields | null;
  readonly decodeOnly?: string;
}

const VECTORS = [
  ...announce,
  ...datagram,
  ...fetch,
  ...goaway,
  ...group,
  ...inBand,
  ...probe,
  ...setup,
  ...subscribe,
  ...track,
  ...varint,
] as readonly Vector[];

const seen = new Map<string, number>();

/** A unique name, also for vectors that differ only in their bytes. */
function title(vector: Vector): string {
  const { draft, message, name } = vector;
  const base = name === undefined
    ? `${message} ${draft}`
    : `${message} ${draft}: ${name}`;
  const count = (seen.get(base) ?? 0) + 1;
  seen.set(base, count);
  return count === 1 ? base : `${base} (${count})`;
}

for (const vector of VECTORS) {
  Deno.test(`vector ${title(vector)}`, () => {
    const codec = CODECS[vector.message]!;
    const draft = vector.draft as Draft;
    const bytes = Uint8Array.fromHex(vector.hex);
    const unframed = codec.unframe(bytes, draft);
    assert.deepEqual(codec.decode(unframed, draft), vector.fields, "decoded");
    assert.equal(vector.stream, codec.stream, "stream type");
    if (vector.decodeOnly !== undefined || vector.fields === null) return;
    const encoded = codec.encode(vector.fields, draft);
    assert.equal(encoded.toHex(), vector.hex, "encoded");
  });
}

for (const { draft, message, hex, reason } of malformed) {
  Deno.test(`malformed ${message} ${draft}: ${reason}`, () => {
    const codec = CODECS[message]!;
    // Outside the assertion: the vector itself must be invalid, not its length.
    const unframed = codec.unframe(Uint8Array.fromHex(hex), draft as Draft);
    assert.throws(
      () => codec.decode(unframed, draft as Draft),
      (error) => error instanceof MoqError && error.code === "decode",
    );
  });
}
