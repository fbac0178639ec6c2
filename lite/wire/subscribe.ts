/**
 * SUBSCRIBE and SUBSCRIBE_UPDATE; the answers are in `subscribe_response.ts`.
 * moq-lite, "SUBSCRIBE".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";
import {
  checkFrames,
  readSaturated,
  UNLIMITED_MS,
  writeMs,
} from "./message.ts";
import {
  hasFrameRange,
  hasOptionalStart,
  hasOrderedByte,
  hasSubscribeRange,
  type Version,
} from "./version.ts";

export {
  decodeSubscribeResponse,
  encodeSubscribeResponse,
  type SubscribeResponse,
} from "./subscribe_response.ts";

/** What can be changed while a subscription runs. */
export interface SubscribeFields {
  /** 0 to 255, higher first. */
  readonly priority: number;
  /** Oldest group still wanted next to a newer one, in milliseconds; {@linkcode UNLIMITED_MS} on drafts that do not say. */
  readonly maxAgeMs: number;
  /** First group wanted; absent to leave it to the draft's rule. */
  readonly startGroup?: number | undefined;
  /** Last group wanted, inclusive; absent for no end. */
  readonly endGroup?: number | undefined;
  /** First frame wanted of `startGroup`; drafts before 06 always begin at 0. */
  readonly startFrame: number;
  /** Last frame wanted of `endGroup`, inclusive; drafts before 06 always take all. */
  readonly endFrame?: number | undefined;
}

/** Opens a subscription. */
export interface Subscribe extends SubscribeFields {
  /** Names the subscription in group headers; never reused in a session. */
  readonly id: number;
  /** Path of the broadcast. */
  readonly broadcast: string;
  /** Name of the track, not normalized. */
  readonly track: string;
}

/** The message behind its length; what a draft cannot say is left out. */
export function encodeSubscribe(msg: Subscribe, version: Version): Uint8Array {
  const body = new Writer()
    .varint(msg.id)
    .string(msg.broadcast)
    .string(msg.track);
  writeOptions(body, msg, version);
  return body.message();
}

/** Reads a body. */
export function decodeSubscribe(body: Uint8Array, version: Version): Subscribe {
  const reader = new Reader(body);
  const id = reader.varint();
  const broadcast = reader.path();
  const track = reader.name();
  const options = readOptions(reader, version);
  reader.end();
  return { id, broadcast, track, ...options };
}

/** The message behind its length. */
export function encodeSubscribeUpdate(
  msg: SubscribeFields,
  version: Version,
): Uint8Array {
  const body = new Writer();
  writeOptions(body, msg, version);
  return body.message();
}

/** Reads a body. */
export function decodeSubscribeUpdate(
  body: Uint8Array,
  version: Version,
): SubscribeFields {
  const reader = new Reader(body);
  const options = readOptions(reader, version);
  reader.end();
  return options;
}

function writeOptions(
  writer: Writer,
  msg: SubscribeFields,
  version: Version,
): void {
  writer.u8(msg.priority);
  if (!hasSubscribeRange(version)) return;
  if (hasOrderedByte(version)) writer.u8(0);
  writeMs(writer, msg.maxAgeMs);
  if (hasOptionalStart(version)) writer.optional(msg.startGroup);
  else writer.varint(msg.startGroup ?? 0);
  writer.optional(msg.endGroup);
  if (!hasFrameRange(version)) return;
  if (msg.startGroup === undefined && msg.startFrame > 0) {
    throw new RangeError(
      `Expected a start group for start frame ${msg.startFrame}, got none`,
    );
  }
  writer.varint(msg.startFrame).optional(msg.endFrame);
}

function readOptions(reader: Reader, version: Version): SubscribeFields {
  const priority = reader.u8();
  if (!hasSubscribeRange(version)) {
    return { priority, maxAgeMs: UNLIMITED_MS, startFrame: 0 };
  }
  if (hasOrderedByte(version)) reader.u8();
  const maxAgeMs = readSaturated(reader);
  if (hasOptionalStart(version)) {
    const startGroup = reader.optional();
    const endGroup = reader.optional();
    return { priority, maxAgeMs, startGroup, endGroup, startFrame: 0 };
  }
  const floor = reader.varint();
  const endGroup = reader.optional();
  const startFrame = reader.varint();
  const endFrame = reader.optional();
  const startGroup = floor === 0 && startFrame === 0 ? undefined : floor;
  const options = {
    priority,
    maxAgeMs,
    startGroup,
    endGroup,
    startFrame,
    endFrame,
  };
  checkFrames(options);
  return options;
}
