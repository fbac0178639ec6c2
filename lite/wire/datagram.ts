/**
 * A group of one frame in a datagram, from draft 05 on. moq-lite, "Datagrams".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { MoqError } from "../error.ts";

/** Longest datagram that is sent or accepted, in bytes. */
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

/** Encodes a whole datagram, which has no length prefix. */
export function encodeDatagram(msg: Datagram): Uint8Array {
  return new Writer()
    .varint(msg.subscribeId)
    .varint(msg.sequence)
    .varint(msg.timestamp)
    .bytes(msg.payload)
    .finish();
}

/** Decodes a whole datagram. */
export function decodeDatagram(body: Uint8Array): Datagram {
  const reader = new Reader(body);
  return {
    subscribeId: reader.varint(),
    sequence: reader.varint(),
    timestamp: reader.varint(),
    payload: reader.rest(),
  };
}

/** As {@linkcode decodeDatagram}; `undefined` if it is malformed or too long: such datagrams are dropped silently. */
export function tryDecodeDatagram(body: Uint8Array): Datagram | undefined {
  if (body.byteLength > MAX_DATAGRAM_BYTES) return undefined;
  try {
    return decodeDatagram(body);
  } catch (error) {
    if (error instanceof MoqError) return undefined;
    throw error;
  }
}
