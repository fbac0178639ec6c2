/**
 * SETTINGS, RFC 9114 section 7.2.4, for every generation of WebTransport:
 * drafts 02, 07 and later have only HTTP datagrams in common.
 *
 * @module
 */
import { Reader, Writer } from "../../bytes/cursor.ts";
import { MoqError } from "../../error.ts";
import { Http3Error } from "./error.ts";
import { MAX_FIELD_SECTION_BYTES } from "./qpack.ts";

const MAX_SETTINGS = 64;

const MAX_FIELD_SECTION_SIZE = 0x06;
const ENABLE_CONNECT_PROTOCOL = 0x08;
const H3_DATAGRAM = 0x33;
const H3_DATAGRAM_DRAFT_04 = 0xffd277;
const ENABLE_WEBTRANSPORT_DRAFT_02 = 0x2b603742;
const MAX_SESSIONS_DRAFT_02 = 0x2b603743;
const MAX_SESSIONS_DRAFT_07 = 0xc671706a;
const MAX_SESSIONS_DRAFT_13 = 0x14e9cd29;
const WT_ENABLED_DRAFT_14 = 0x2c7cf000;

// Without a QPACK table capacity the peer may not use the dynamic table.
const OURS: readonly (readonly [id: number, value: number])[] = [
  [MAX_FIELD_SECTION_SIZE, MAX_FIELD_SECTION_BYTES],
  [ENABLE_CONNECT_PROTOCOL, 1],
  [H3_DATAGRAM, 1],
  [H3_DATAGRAM_DRAFT_04, 1],
  [ENABLE_WEBTRANSPORT_DRAFT_02, 1],
  [MAX_SESSIONS_DRAFT_02, 1],
  [MAX_SESSIONS_DRAFT_07, 1],
  [MAX_SESSIONS_DRAFT_13, 1],
  [WT_ENABLED_DRAFT_14, 1],
];

// RFC 9114 section 7.2.4.1: settings of HTTP/2 that must not appear.
const RESERVED: ReadonlySet<number> = new Set([0x00, 0x02, 0x03, 0x04, 0x05]);
const BOOLEANS: ReadonlySet<number> = new Set([
  ENABLE_CONNECT_PROTOCOL,
  H3_DATAGRAM,
  H3_DATAGRAM_DRAFT_04,
  ENABLE_WEBTRANSPORT_DRAFT_02,
]);

/** A peer's settings. */
export interface Settings {
  /** Whether it accepts HTTP datagrams. */
  readonly hasDatagrams: boolean;
  /** Whether it accepts WebTransport sessions, by any draft's setting. */
  readonly hasWebTransport: boolean;
}

/** The payload of our SETTINGS frame, the same for both roles. */
export function encodeSettings(): Uint8Array {
  const into = new Writer();
  for (const [id, value] of OURS) into.varint(id).varint(value);
  return into.finish();
}

/** Decodes a SETTINGS payload; skips unknown settings, throws {@linkcode Http3Error} for invalid ones. */
export function decodeSettings(payload: Uint8Array): Settings {
  const values = readPairs(payload);
  const isOn = (id: number) => (values.get(id) ?? 0n) > 0n;
  return {
    hasDatagrams: isOn(H3_DATAGRAM) || isOn(H3_DATAGRAM_DRAFT_04),
    hasWebTransport: isOn(ENABLE_WEBTRANSPORT_DRAFT_02) ||
      isOn(MAX_SESSIONS_DRAFT_07) || isOn(MAX_SESSIONS_DRAFT_13) ||
      isOn(WT_ENABLED_DRAFT_14),
  };
}

function readPairs(payload: Uint8Array): ReadonlyMap<number, bigint> {
  const reader = new Reader(payload);
  const values = new Map<number, bigint>();
  try {
    while (reader.remaining > 0) addPair(values, reader);
  } catch (error) {
    if (error instanceof Http3Error || !(error instanceof MoqError)) {
      throw error;
    }
    throw new Http3Error("frameError", error.message, error);
  }
  return values;
}

function addPair(values: Map<number, bigint>, reader: Reader): void {
  const id = Number(reader.id());
  const value = reader.id();
  if (values.has(id)) throw failure(`setting 0x${id.toString(16)} twice`);
  if (RESERVED.has(id)) throw failure(`reserved setting 0x${id.toString(16)}`);
  if (BOOLEANS.has(id) && value > 1n) {
    throw failure(`${value} for setting 0x${id.toString(16)}`);
  }
  values.set(id, value);
  if (values.size > MAX_SETTINGS) throw failure(`over ${MAX_SETTINGS} of them`);
}

function failure(got: string): Http3Error {
  return new Http3Error("settingsError", `Expected valid settings, got ${got}`);
}
