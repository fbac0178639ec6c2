/**
 * A group of one frame in a datagram, from draft 05 on. moq-lite, "Datagrams".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { MoqError } from "../error.ts";

/** Longer ones are neither sent nor taken. */
export const MAX_DATAGRAM_BYTES = 1200;

/** One whole group. */
export interface Datagram {
  /** The subscription, as numbered in SUBSCRIBE. */
  readonly subscribeId: number;
  /** Sequence of the group, in the same series as groups on streams. */
  readonly sequence: number;
  /** In ticks of the track's timescale, absolute. */
  readonly timestamp: number;
  /** The frame; after decoding a view into the datagram. */
  readonly payload: Uint8Array;
}

/** The whole datagram; there is no length in front. */
export function encodeDatagram(msg: Datagram): Uint8Array {
  return new Writer()
    .varint(msg.subscribeId)
    .varint(msg.sequence)
    .varint(msg.timestamp)
    .bytes(msg.payload)
    .finish();
}

/** Reads a whole datagram. */
export function decodeDatagram(body: Uint8Array): Datagram {
  const reader = new Reader(body);
  return {
    subscribeId: reader.varint(),
    sequence: reader.varint(),
    timestamp: reader.varint(),
    payload: reader.rest(),
  };
}

/** As {@linkcode decodeDatagram}; `undefined` for one that is malformed or too long, which is dropped in silence. */
export function tryDecodeDatagram(body: Uint8Array): Datagram | undefined {
  if (body.byteLength > MAX_DATAGRAM_BYTES) return undefined;
  try {
    return decodeDatagram(body);
  } catch (error) {
    if (error instanceof MoqError) return undefined;
    throw error;
  }
}
