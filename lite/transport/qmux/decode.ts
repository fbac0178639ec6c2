/**
 * Decodes the frames of qmux; the counterpart of `encodeFrame`.
 *
 * @module
 */
import { Reader } from "../../bytes/cursor.ts";
import { readBigVarint, varintLength } from "../../bytes/varint.ts";
import { MoqError } from "../../error.ts";
import {
  PARAMETERS,
  PING,
  PONG,
  type QmuxFrame,
  type ResetFrame,
} from "./frame.ts";
import { decodeParameters } from "./parameters.ts";
import {
  FRAME_BYTES_00,
  hasFlowControl,
  hasRecords,
  isStrict,
  type QmuxWire,
  RECORD_BYTES,
} from "./wire.ts";

const decoder = new TextDecoder();

/** The frames of one message, with payloads as views on it; throws `MoqError` if it is malformed or too long. */
export function decodeMessage(
  message: Uint8Array,
  wire: QmuxWire,
): QmuxFrame[] {
  const from = new Reader(message);
  if (!hasFlowControl(wire)) return [decodeLegacy(from)];
  const most = hasRecords(wire) ? RECORD_BYTES : FRAME_BYTES_00;
  if (message.byteLength > most) {
    throw new MoqError(
      "protocol",
      `Message of ${message.byteLength} bytes exceeds the limit of ${most}`,
    );
  }
  const frames: QmuxFrame[] = [];
  if (!hasRecords(wire)) {
    frames.push(decodeBody(readType(from), from, wire));
    from.end();
    return frames;
  }
  while (from.remaining > 0) {
    const type = readType(from);
    if (type !== 0) frames.push(decodeBody(type, from, wire));
  }
  return frames;
}

function readType(from: Reader): number | bigint {
  const first = from.u8();
  const length = varintLength(first);
  if (length === 1) return first;
  const bytes = new Uint8Array(length);
  bytes[0] = first;
  bytes.set(from.bytes(length - 1), 1);
  const value = readBigVarint(bytes, 0);
  return value <= 0xffffn ? Number(value) : value;
}

// Limits and codes may be up to 2^62-1; above 2^53-1 the exact value does not matter here.
function readLimit(from: Reader): number {
  return Math.min(Number(from.id()), Number.MAX_SAFE_INTEGER);
}

function readReason(bytes: Uint8Array): string {
  // Not fatal: a close is valid even if its text is not.
  return decoder.decode(bytes);
}

function decodeBody(
  type: number | bigint,
  from: Reader,
  wire: QmuxWire,
): QmuxFrame {
  // STREAM: the three low bits are flags.
  if (typeof type === "number" && (type & ~7) === 0x08) {
    return {
      type: "stream",
      id: from.varint(),
      offset: type & 4 ? from.varint() : undefined,
      data: type & 2 ? from.sized() : from.rest(),
      fin: (type & 1) === 1,
    };
  }
  switch (type) {
    case 0x04:
      return decodeReset(from);
    case 0x05:
      return { type: "stop", id: from.varint(), code: readLimit(from) };
    case 0x10:
      return { type: "max-data", max: readLimit(from) };
    case 0x11:
      return {
        type: "max-stream-data",
        id: from.varint(),
        max: readLimit(from),
      };
    case 0x12:
    case 0x13:
      return {
        type: "max-streams",
        direction: type === 0x12 ? "bidi" : "uni",
        max: readLimit(from),
      };
    case 0x14:
      return { type: "data-blocked", limit: readLimit(from) };
    case 0x15:
      return {
        type: "stream-data-blocked",
        id: from.varint(),
        limit: readLimit(from),
      };
    case 0x16:
    case 0x17:
      return {
        type: "streams-blocked",
        direction: type === 0x16 ? "bidi" : "uni",
        limit: readLimit(from),
      };
    case 0x1c: {
      const code = readLimit(from);
      from.id(); // the frame type at fault
      const reason = readReason(from.sized());
      return { type: "connection-close", code, reason };
    }
    case 0x1d:
      return {
        type: "application-close",
        code: readLimit(from),
        reason: readReason(from.sized()),
      };
    case PARAMETERS:
      return { type: "parameters", parameters: decodeParameters(from.sized()) };
  }
  if (hasRecords(wire)) {
    switch (type) {
      case 0x30:
        return { type: "datagram", data: from.rest() };
      case 0x31:
        return { type: "datagram", data: from.sized() };
      case PING:
        return { type: "ping", sequence: from.id() };
      case PONG:
        return { type: "pong", sequence: from.id() };
      case 0x24:
        if (isStrict(wire)) return decodeResetAt(from);
    }
  }
  throw new MoqError(
    "protocol",
    `Expected a frame type of ${wire}, got 0x${type.toString(16)}`,
  );
}

function decodeReset(from: Reader): ResetFrame {
  return {
    type: "reset",
    id: from.varint(),
    code: readLimit(from),
    finalSize: from.varint(),
  };
}

function decodeResetAt(from: Reader): ResetFrame {
  const frame = { ...decodeReset(from), reliableSize: from.varint() };
  if (frame.reliableSize > frame.finalSize) {
    throw new MoqError(
      "protocol",
      `Expected a reliable size up to the final size ${frame.finalSize}, got ${frame.reliableSize}`,
    );
  }
  return frame;
}

function decodeLegacy(from: Reader): QmuxFrame {
  const type = readType(from);
  switch (type) {
    case 0x08:
    case 0x09:
      return {
        type: "stream",
        id: from.varint(),
        data: from.rest(),
        fin: type === 0x09,
      };
    case 0x04:
    case 0x05: {
      const id = from.varint();
      const code = readLimit(from);
      from.end();
      return type === 0x04
        ? { type: "reset", id, code, finalSize: 0 }
        : { type: "stop", id, code };
    }
    case 0x1c:
    case 0x1d:
      return {
        type: type === 0x1c ? "connection-close" : "application-close",
        code: readLimit(from),
        reason: readReason(from.rest()),
      };
  }
  throw new MoqError(
    "protocol",
    `Expected a frame type of webtransport, got 0x${type.toString(16)}`,
  );
}
