/**
 * HTTP/3 frames and stream headers, RFC 9114 sections 6.2 and 7, and the
 * prefixes that draft-ietf-webtrans-http3 puts on streams and datagrams.
 *
 * @module
 */
import { Writer } from "../../bytes/cursor.ts";
import { MoqError } from "../../error.ts";
import type { ByteReader } from "./byte_reader.ts";
import { Http3Error } from "./error.ts";
import { decodeFields, type Field, MAX_FIELD_SECTION_BYTES } from "./qpack.ts";

/** Types of frames. */
export const FRAME = {
  data: 0x00,
  headers: 0x01,
  cancelPush: 0x03,
  settings: 0x04,
  pushPromise: 0x05,
  goaway: 0x07,
  maxPushId: 0x0d,
} as const;

/** Types of unidirectional streams, and the signal that opens a bidirectional WebTransport stream. */
export const STREAM = {
  control: 0x00,
  push: 0x01,
  qpackEncoder: 0x02,
  qpackDecoder: 0x03,
  webTransportBidi: 0x41,
  webTransportUni: 0x54,
} as const;

/** Send order of control and CONNECT streams: above everything an application sends. */
export const URGENT = 2 ** 31 - 1;

// Longest payload of a frame that is read or skipped.
const MAX_FRAME_BYTES = 64 * 1024;
const MAX_FRAMES_BEFORE_HEADERS = 16;

// RFC 9114 section 7.2.8: frame types of HTTP/2 that must not appear.
const RESERVED: ReadonlySet<number> = new Set([0x02, 0x06, 0x08, 0x09]);

/** A frame with its payload still to be read. */
export interface Http3FrameHeader {
  /** One of {@linkcode FRAME}, or unknown. */
  readonly type: number;
  /** Bytes of payload, within the bound of its type. */
  readonly length: number;
}

/** A whole frame. */
export function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  return new Writer().varint(type).sized(payload).finish();
}

/** What stands before the application's bytes on a stream, or its `sessionId / 4` before a datagram's. */
export function encodePrefix(...numbers: readonly number[]): Uint8Array {
  const into = new Writer();
  for (const number of numbers) into.varint(number);
  return into.finish();
}

/** Next frame's header, `undefined` at FIN; throws {@linkcode Http3Error} for forbidden types and too long payloads. */
export async function readFrameHeader(
  reader: ByteReader,
): Promise<Http3FrameHeader | undefined> {
  const type = await reader.varint();
  return type === undefined ? undefined : await readFrameLength(reader, type);
}

/** As {@linkcode readFrameHeader}, when the type has been read already. */
async function readFrameLength(
  reader: ByteReader,
  type: number,
): Promise<Http3FrameHeader> {
  if (RESERVED.has(type)) {
    throw new Http3Error(
      "frameUnexpected",
      `Expected a frame of HTTP/3, got type 0x${type.toString(16)} of HTTP/2`,
    );
  }
  const length = await reader.varint();
  if (length === undefined) {
    throw new MoqError("decode", "Expected a frame's length, got the end");
  }
  const max = type === FRAME.headers
    ? MAX_FIELD_SECTION_BYTES
    : MAX_FRAME_BYTES;
  if (length > max) {
    throw new Http3Error(
      "excessiveLoad",
      `Expected a frame of at most ${max} bytes, got about ${length}`,
    );
  }
  return { type, length };
}

/** The fields of the first HEADERS frame, from `type` on when that has been read already; `undefined` at FIN before it. */
export async function readHeaders(
  reader: ByteReader,
  type?: number,
): Promise<Field[] | undefined> {
  let header = type === undefined
    ? await readFrameHeader(reader)
    : await readFrameLength(reader, type);
  for (let count = 0; header; count++) {
    if (header.type === FRAME.headers) {
      return decodeFields(await reader.bytes(header.length));
    }
    rejectKnown(header.type);
    if (count === MAX_FRAMES_BEFORE_HEADERS) {
      throw new Http3Error(
        "excessiveLoad",
        `Expected HEADERS within ${MAX_FRAMES_BEFORE_HEADERS} frames, got others`,
      );
    }
    await reader.skip(header.length);
    header = await readFrameHeader(reader);
  }
  return undefined;
}

/** Throws {@linkcode Http3Error} for a type that means something, just not here; unknown ones are to be skipped. */
export function rejectKnown(type: number): void {
  if (!Object.values<number>(FRAME).includes(type)) return;
  throw new Http3Error(
    "frameUnexpected",
    `Expected another frame on this stream, got type 0x${type.toString(16)}`,
  );
}
