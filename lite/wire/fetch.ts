/**
 * FETCH: one past group, from draft 05 on. The answer is bare frames.
 * moq-lite, "FETCH".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import { checkFrames } from "./message.ts";
import { hasFrameRange, type Version } from "./version.ts";

/** Requests a group. */
export interface Fetch {
  /** Path of the broadcast. */
  readonly broadcast: string;
  /** Name of the track, not normalized. */
  readonly track: string;
  /** 0 to 255, higher first. */
  readonly priority: number;
  /** Sequence of the group. */
  readonly group: number;
  /** First frame wanted; drafts before 06 always begin at 0. */
  readonly startFrame: number;
  /** Last frame wanted, inclusive; drafts before 06 always take all. */
  readonly endFrame?: number | undefined;
}

/** Encodes a message with its length; leaves out fields that the draft does not have. */
export function encodeFetch(msg: Fetch, version: Version): Uint8Array {
  const body = new Writer()
    .string(msg.broadcast)
    .string(msg.track)
    .u8(msg.priority)
    .varint(msg.group);
  if (hasFrameRange(version)) {
    body.varint(msg.startFrame).optional(msg.endFrame);
  }
  return body.message();
}

/** Decodes a body. */
export function decodeFetch(body: Uint8Array, version: Version): Fetch {
  const reader = new Reader(body);
  const broadcast = reader.path();
  const track = reader.name();
  const priority = reader.u8();
  const group = reader.varint();
  const hasFrames = hasFrameRange(version);
  const startFrame = hasFrames ? reader.varint() : 0;
  const endFrame = hasFrames ? reader.optional() : undefined;
  reader.end();
  checkFrames({ startGroup: group, endGroup: group, startFrame, endFrame });
  return { broadcast, track, priority, group, startFrame, endFrame };
}
