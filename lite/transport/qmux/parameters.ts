/**
 * The transport parameters of qmux, RFC 9000 section 18 with the additions of
 * draft-ietf-quic-qmux: each side sends them once, before anything else.
 *
 * @module
 */
import { Reader, Writer } from "../../bytes/cursor.ts";
import { readBigVarint, varintLength } from "../../bytes/varint.ts";
import { MoqError } from "../../error.ts";
import { RECORD_BYTES } from "./wire.ts";

/** Limits that one side sets for the other; zero means absent, except for `maxRecordBytes`. */
export interface QmuxParameters {
  /** Idle timeout of the session, in ms. */
  readonly maxIdleMs: number;
  /** Bytes of all streams together. */
  readonly maxData: number;
  /** Bytes on a bidirectional stream that the sender of the parameters opens. */
  readonly maxStreamDataBidiLocal: number;
  /** Bytes on a bidirectional stream that their receiver opens. */
  readonly maxStreamDataBidiRemote: number;
  /** Bytes on a unidirectional stream. */
  readonly maxStreamDataUni: number;
  /** Bidirectional streams that may be opened. */
  readonly maxStreamsBidi: number;
  /** Unidirectional streams that may be opened. */
  readonly maxStreamsUni: number;
  /** Largest DATAGRAM frame, header included, in bytes. */
  readonly maxDatagramBytes: number;
  /** Largest message, in bytes. */
  readonly maxRecordBytes: number;
  /** Whether RESET_STREAM_AT may be sent. */
  readonly resetStreamAt: boolean;
}

/** The parameters before the peer's arrive. */
export const NO_PARAMETERS: QmuxParameters = {
  maxIdleMs: 0,
  maxData: 0,
  maxStreamDataBidiLocal: 0,
  maxStreamDataBidiRemote: 0,
  maxStreamDataUni: 0,
  maxStreamsBidi: 0,
  maxStreamsUni: 0,
  maxDatagramBytes: 0,
  maxRecordBytes: RECORD_BYTES,
  resetStreamAt: false,
};

type NumberKey = Exclude<keyof QmuxParameters, "resetStreamAt">;

// In the order of writing.
const NUMBERS: readonly (readonly [id: bigint, key: NumberKey])[] = [
  [0x01n, "maxIdleMs"],
  [0x04n, "maxData"],
  [0x05n, "maxStreamDataBidiLocal"],
  [0x06n, "maxStreamDataBidiRemote"],
  [0x07n, "maxStreamDataUni"],
  [0x08n, "maxStreamsBidi"],
  [0x09n, "maxStreamsUni"],
  [0x20n, "maxDatagramBytes"],
  [0x0571c59429cd0845n, "maxRecordBytes"],
];
const KEY_OF: ReadonlyMap<bigint, NumberKey> = new Map(NUMBERS);
const RESET_STREAM_AT = 0x1dn;
const APPLICATION_PROTOCOLS = 0x3d4f9c2a8b1e6075n;

// Parameters of QUIC v1 that do not apply without packets.
function isForbidden(id: bigint): boolean {
  return id === 0n || id === 2n || id === 3n || (id >= 0x0an && id <= 0x10n);
}

/** Writes every parameter that is not zero. */
export function encodeParameters(parameters: QmuxParameters): Uint8Array {
  const into = new Writer();
  for (const [id, key] of NUMBERS) {
    const value = parameters[key];
    if (value === 0) continue;
    into.varint(id).sized(new Writer().varint(value).finish());
  }
  if (parameters.resetStreamAt) into.varint(RESET_STREAM_AT).varint(0);
  return into.finish();
}

/**
 * Reads parameters; values above 2^53-1 become that. Throws `MoqError` for
 * repeated, malformed and forbidden ones; unknown ones are skipped.
 */
export function decodeParameters(body: Uint8Array): QmuxParameters {
  const numbers: Partial<Record<NumberKey, number>> = {};
  let resetStreamAt = false;
  const from = new Reader(body);
  while (from.remaining > 0) {
    const id = from.id();
    const value = from.sized();
    const key = KEY_OF.get(id);
    if (key) {
      if (numbers[key] !== undefined) throw refused(id, "sent twice");
      numbers[key] = wholeVarint(id, value);
    } else if (id === RESET_STREAM_AT) {
      if (resetStreamAt) throw refused(id, "sent twice");
      if (value.byteLength > 0) throw refused(id, "has a value");
      resetStreamAt = true;
    } else if (id === APPLICATION_PROTOCOLS) {
      throw refused(id, "belongs to channels without subprotocols");
    } else if (isForbidden(id)) {
      throw refused(id, "belongs to QUIC v1");
    }
  }
  const maxRecordBytes = numbers.maxRecordBytes ?? RECORD_BYTES;
  if (maxRecordBytes < RECORD_BYTES) {
    throw new MoqError(
      "protocol",
      `Peer's max_record_size of ${maxRecordBytes} is below ${RECORD_BYTES}`,
    );
  }
  return { ...NO_PARAMETERS, ...numbers, maxRecordBytes, resetStreamAt };
}

function wholeVarint(id: bigint, value: Uint8Array): number {
  const first = value[0];
  if (first === undefined || value.byteLength !== varintLength(first)) {
    throw refused(id, "is not one integer");
  }
  const number = Number(readBigVarint(value, 0));
  return Math.min(number, Number.MAX_SAFE_INTEGER);
}

function refused(id: bigint, why: string): MoqError {
  return new MoqError(
    "protocol",
    `Invalid transport parameter 0x${id.toString(16)}: ${why}`,
  );
}
