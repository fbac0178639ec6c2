/**
 * GROUP: the header of a group stream; frames follow until FIN.
 * moq-lite, "GROUP".
 *
 * @module
 */
import { Reader } from "../bytes/cursor.ts";
import { varintSize, writeVarint } from "../bytes/varint.ts";
import { UniType } from "./stream_type.ts";
import { hasFrameRange, type Version } from "./version.ts";

const NOTHING = new Uint8Array();

/** Identifies the group and the subscription of a stream. */
export interface GroupHeader {
  /** The subscription, as numbered in SUBSCRIBE. */
  readonly subscribeId: number;
  /** Sequence of the group. */
  readonly sequence: number;
  /** Position in the group of the first frame sent; 0 on drafts before 06. */
  readonly frameStart: number;
}

/** Encodes a message with its length. Throws `RangeError` for a `frameStart` on a draft that has none. */
export function encodeGroupHeader(
  msg: GroupHeader,
  version: Version,
): Uint8Array {
  return encodeGroupStart(msg, version).subarray(1);
}

/** The start of a group's stream in one piece: its type, the message with its length, and `frames`. Throws as {@linkcode encodeGroupHeader} does. */
export function encodeGroupStart(
  { subscribeId, sequence, frameStart }: GroupHeader,
  version: Version,
  frames: Uint8Array = NOTHING,
): Uint8Array {
  const hasRange = hasFrameRange(version);
  if (!hasRange && frameStart !== 0) {
    throw new RangeError(
      `Expected a frame start of 0 on draft ${version}, got ${frameStart}`,
    );
  }
  const length = varintSize(subscribeId) + varintSize(sequence) +
    (hasRange ? varintSize(frameStart) : 0);
  // Written for every group to every viewer: allocate it once, at its size.
  const start = new Uint8Array(
    1 + varintSize(length) + length + frames.byteLength,
  );
  let at = writeVarint(start, 0, UniType.group);
  at = writeVarint(start, at, length);
  at = writeVarint(start, at, subscribeId);
  at = writeVarint(start, at, sequence);
  if (hasRange) at = writeVarint(start, at, frameStart);
  start.set(frames, at);
  return start;
}

/** Decodes a body. */
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
