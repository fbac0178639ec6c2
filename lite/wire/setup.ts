/**
 * SETUP: each side's only message on its setup stream, from draft 05 on.
 * moq-lite, "SETUP".
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Reader, Writer } from "../bytes/cursor.ts";
import { readCost, writeCost } from "./message.ts";

/** Largest body of a SETUP. */
export const MAX_SETUP_BYTES = 65536;

/** Path and query of a URL, a token in it. */
const MAX_SETUP_PATH_BYTES = 16_384;
const MAX_PARAMETERS = 64;
const HIGHEST_PROBE_LEVEL = 2;

const PROBE = 1n;
const PATH = 2n;
const ROLE = 3n;
const COST = 4n;
const HOP = 5n;

/** What one side says about itself; every field may be absent. */
export interface Setup {
  /** What it can do with PROBE: 1 reports, 2 also raises the rate on request; absent for neither. */
  readonly probe?: number | undefined;
  /** Path and query of the URL, on transports that carry none; client only. */
  readonly path?: string | undefined;
  /** The one role it takes, absent for both; client only. */
  readonly role?: "publisher" | "subscriber" | undefined;
  /** What it charges for traffic over this link; client only. */
  readonly cost?: number | undefined;
  /** Its hop id, never 0. */
  readonly hop?: bigint | undefined;
}

/** The message behind its length. Absent, empty and zero-id fields are left out. */
export function encodeSetup(msg: Setup): Uint8Array {
  const values: (readonly [id: bigint, value: Uint8Array])[] = [];
  if (msg.probe) values.push([PROBE, new Writer().varint(msg.probe).finish()]);
  if (msg.path) values.push([PATH, new TextEncoder().encode(msg.path)]);
  if (msg.role) {
    const role = msg.role === "publisher" ? 1 : 2;
    values.push([ROLE, new Writer().varint(role).finish()]);
  }
  if (msg.cost !== undefined) {
    const writer = new Writer();
    writeCost(writer, msg.cost);
    values.push([COST, writer.finish()]);
  }
  if (msg.hop) values.push([HOP, new Writer().varint(msg.hop).finish()]);
  const body = new Writer().varint(values.length);
  for (const [id, value] of values) body.varint(id).sized(value);
  return body.message();
}

/** Reads a body; unknown parameters are ignored, a repeated one is an error. */
export function decodeSetup(body: Uint8Array): Setup {
  const values = readParameters(body);
  return {
    probe: readOne(values.get(PROBE), readProbe),
    path: readOne(values.get(PATH), readPath),
    role: readOne(values.get(ROLE), readRole),
    cost: readOne(values.get(COST), readCost),
    hop: readOne(values.get(HOP), readHop),
  };
}

function readParameters(body: Uint8Array): Map<bigint, Uint8Array> {
  const reader = new Reader(body);
  const count = reader.count(MAX_PARAMETERS, "setup parameters");
  const values = new Map<bigint, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const id = reader.id();
    if (values.has(id)) {
      throw new MoqError(
        "decode",
        `Expected each setup parameter once, got ${id} again`,
      );
    }
    values.set(id, reader.sized());
  }
  reader.end();
  return values;
}

function readOne<T>(
  value: Uint8Array | undefined,
  read: (reader: Reader) => T,
): T | undefined {
  if (!value) return undefined;
  const reader = new Reader(value);
  const result = read(reader);
  reader.end();
  return result;
}

function readProbe(reader: Reader): number | undefined {
  const level = Math.min(Number(reader.id()), HIGHEST_PROBE_LEVEL);
  return level === 0 ? undefined : level;
}

function readPath(reader: Reader): string | undefined {
  if (reader.remaining > MAX_SETUP_PATH_BYTES) {
    throw new MoqError(
      "decode",
      `Expected a path and query of at most ${MAX_SETUP_PATH_BYTES} bytes in SETUP, got ${reader.remaining}`,
    );
  }
  const path = reader.text(reader.remaining);
  return path === "" ? undefined : path;
}

function readRole(reader: Reader): "publisher" | "subscriber" | undefined {
  const role = reader.id();
  if (role === 1n) return "publisher";
  return role === 2n ? "subscriber" : undefined;
}

function readHop(reader: Reader): bigint | undefined {
  const hop = reader.id();
  return hop === 0n ? undefined : hop;
}
