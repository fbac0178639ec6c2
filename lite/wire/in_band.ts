/**
 * How drafts 01 and 02 agree on a version: CLIENT_SETUP and SERVER_SETUP of
 * moq-transport-14 on the first bidirectional stream, which then stays open
 * and may carry SESSION_INFO.
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { readSaturated } from "./message.ts";
import type { Version } from "./version.ts";

const PATH = 1n;
const MAX_BODY_BYTES = 0xffff;
const MAX_VERSIONS = 64;

/** The number of each draft that can be agreed on in band. */
export const SESSION_CODES: ReadonlyMap<Version, number> = new Map([
  ["02", 0xff0dad02],
  ["01", 0xff0dad01],
]);

/** What a client offers. */
export interface ClientSetup {
  /** Version numbers in order of preference, other protocols' too. */
  readonly versions: readonly number[];
  /** Path and query of the URL, on transports that carry none. */
  readonly path?: string | undefined;
}

/** The message behind its 16-bit length, to follow the type byte 0x20. */
export function encodeClientSetup(msg: ClientSetup): Uint8Array {
  const body = new Writer().varint(msg.versions.length);
  for (const code of msg.versions) body.varint(code);
  if (msg.path) body.varint(1).varint(PATH).string(msg.path);
  else body.varint(0);
  return behindLength(body.finish());
}

/** Reads a body; parameters other than the path are ignored. */
export function decodeClientSetup(body: Uint8Array): ClientSetup {
  const reader = new Reader(body);
  const count = reader.count(MAX_VERSIONS, "versions");
  const versions: number[] = [];
  for (let i = 0; i < count; i++) versions.push(readSaturated(reader));
  const path = readPathParameter(reader);
  reader.end();
  return { versions, path };
}

/** The version number chosen, behind its 16-bit length, to follow the type byte 0x21. */
export function encodeServerSetup(code: number): Uint8Array {
  return behindLength(new Writer().varint(code).varint(0).finish());
}

/** Reads the version number chosen; parameters are ignored. */
export function decodeServerSetup(body: Uint8Array): number {
  const reader = new Reader(body);
  const code = readSaturated(reader);
  readPathParameter(reader);
  reader.end();
  return code;
}

/** The sender's bits per second, behind the length; 0 for unknown. */
export function encodeSessionInfo(bitrateBps: number): Uint8Array {
  return new Writer().varint(bitrateBps).message();
}

/** Reads a body. */
export function decodeSessionInfo(body: Uint8Array): number {
  const reader = new Reader(body);
  const bitrateBps = readSaturated(reader);
  reader.end();
  return bitrateBps;
}

function behindLength(body: Uint8Array): Uint8Array {
  const length = body.byteLength;
  if (length > MAX_BODY_BYTES) {
    throw new RangeError(
      `Expected a setup of at most ${MAX_BODY_BYTES} bytes, got ${length}`,
    );
  }
  return new Writer().u8(length >> 8).u8(length & 0xff).bytes(body).finish();
}

// Odd parameters have a length and bytes, even ones are a varint.
function readPathParameter(reader: Reader): string | undefined {
  let path: string | undefined;
  for (let left = reader.varint(); left > 0; left--) {
    const key = reader.id();
    if (key === PATH) path = reader.string();
    else if (key % 2n === 0n) reader.id();
    else reader.sized();
  }
  return path === "" ? undefined : path;
}
