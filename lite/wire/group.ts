/**
 * GROUP: the header of a group stream; frames follow until FIN.
 * moq-lite, "GROUP".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { hasFrameRange, type Version } from "./version.ts";

/** Says which group of which subscription a stream carries. */
export interface GroupHeader {
  /** The subscription, as numbered in SUBSCRIBE. */
  readonly subscribeId: number;
  /** Sequence of the group. */
  readonly sequence: number;
  /** Position in the group of the first frame sent; 0 on drafts before 06. */
  readonly frameStart: number;
}

/** The message behind its length. Throws `RangeError` for a `frameStart` that the draft cannot say. */
export function encodeGroupHeader(
  msg: GroupHeader,
  version: Version,
): Uint8Array {
  const body = new Writer().varint(msg.subscribeId).varint(msg.sequence);
  if (hasFrameRange(version)) body.varint(msg.frameStart);
  else if (msg.frameStart !== 0) {
    throw new RangeError(
      `Expected a frame start of 0 on draft ${version}, got ${msg.frameStart}`,
    );
  }
  return body.message();
}

/** Reads a body. */
export function decodeGroupHeader(
  body: Uint8Array,
  version: Version,
): GroupHeader {
  const reader = new Reader(body);
  const subscribeId = reader.varint();
  const sequence = reader.varint();
  const frameStart = hasFrameRange(version) ? reader.varint() : 0;
  reader.end();
  return { subscribeId, sequence, frameStart };
}
