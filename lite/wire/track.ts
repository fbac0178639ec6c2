/**
 * TRACK and TRACK_INFO: what a publisher says about a track, from draft 05 on.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Reader, Writer } from "../bytes/cursor.ts";
import { readSaturated, writeMs } from "./message.ts";
import { hasOrderedByte, type Version } from "./version.ts";

/** Asks for the properties of a track. */
export interface TrackRequestMessage {
  /** Path of the broadcast. */
  readonly broadcast: string;
  /** Name of the track, not normalized. */
  readonly track: string;
}

/** The properties of a track; fixed for its lifetime. */
export interface TrackInfoMessage {
  /** What the publisher thinks it is worth, 0 to 255, higher first. */
  readonly priority: number;
  /** How long the publisher keeps groups, in milliseconds. */
  readonly maxAgeMs: number;
  /** Ticks per second of its timestamps, at least 1. */
  readonly timescale: number;
}

/** The message behind its length. */
export function encodeTrackRequest(msg: TrackRequestMessage): Uint8Array {
  return new Writer().string(msg.broadcast).string(msg.track).message();
}

/** Reads a body. */
export function decodeTrackRequest(body: Uint8Array): TrackRequestMessage {
  const reader = new Reader(body);
  const msg = { broadcast: reader.path(), track: reader.name() };
  reader.end();
  return msg;
}

/** The message behind its length. */
export function encodeTrackInfo(
  msg: TrackInfoMessage,
  version: Version,
): Uint8Array {
  if (msg.timescale < 1) {
    throw new RangeError(
      `Expected a timescale of at least 1, got ${msg.timescale}`,
    );
  }
  const body = new Writer().u8(msg.priority);
  if (hasOrderedByte(version)) body.u8(0);
  writeMs(body, msg.maxAgeMs);
  return body.varint(msg.timescale).message();
}

/** Reads a body; a timescale of 0 is an error. */
export function decodeTrackInfo(
  body: Uint8Array,
  version: Version,
): TrackInfoMessage {
  const reader = new Reader(body);
  const priority = reader.u8();
  if (hasOrderedByte(version)) reader.u8();
  const maxAgeMs = readSaturated(reader);
  const timescale = reader.varint();
  reader.end();
  if (timescale === 0) {
    throw new MoqError("decode", "Expected a timescale of at least 1, got 0");
  }
  return { priority, maxAgeMs, timescale };
}
