/**
 * The frames of qmux and how they are written: draft-ietf-quic-qmux-00 to -02,
 * and the form before drafts ("webtransport"), where a message is one frame.
 *
 * @module
 */
import { Writer } from "../../bytes/cursor.ts";
import { varintSize, writeVarint } from "../../bytes/varint.ts";
import { encodeParameters, type QmuxParameters } from "./parameters.ts";
import { type Direction, hasFlowControl, type QmuxWire } from "./wire.ts";

/** STREAM: bytes of one stream. */
export interface StreamFrame {
  /** Which frame this is. */
  readonly type: "stream";
  /** The stream. */
  readonly id: number;
  /** Where `data` belongs in it; absent where the wire leaves it out. */
  readonly offset?: number | undefined;
  /** The bytes, possibly none. */
  readonly data: Uint8Array;
  /** Whether the stream ends behind them. */
  readonly fin: boolean;
}

/** RESET_STREAM or RESET_STREAM_AT: the sender gives the stream up. */
export interface ResetFrame {
  /** Which frame this is. */
  readonly type: "reset";
  /** The stream. */
  readonly id: number;
  /** The application's reason. */
  readonly code: number;
  /** Bytes the stream had until then; 0 without flow control, where it is not written. */
  readonly finalSize: number;
  /** RESET_STREAM_AT only: bytes that are to be delivered nevertheless. */
  readonly reliableSize?: number | undefined;
}

/** Ends the session: `application-close` on purpose, `connection-close` because a rule was broken. */
export interface CloseFrame {
  /** Which frame this is. */
  readonly type: "application-close" | "connection-close";
  /** The application's code, or the rule's. */
  readonly code: number;
  /** Words for people. */
  readonly reason: string;
}

/** Every frame but PADDING, which is skipped. */
export type QmuxFrame =
  | StreamFrame
  | ResetFrame
  | CloseFrame
  | { readonly type: "stop"; readonly id: number; readonly code: number }
  | { readonly type: "max-data"; readonly max: number }
  | {
    readonly type: "max-stream-data";
    readonly id: number;
    readonly max: number;
  }
  | {
    readonly type: "max-streams";
    readonly direction: Direction;
    readonly max: number;
  }
  | { readonly type: "data-blocked"; readonly limit: number }
  | {
    readonly type: "stream-data-blocked";
    readonly id: number;
    readonly limit: number;
  }
  | {
    readonly type: "streams-blocked";
    readonly direction: Direction;
    readonly limit: number;
  }
  | { readonly type: "datagram"; readonly data: Uint8Array }
  | { readonly type: "ping" | "pong"; readonly sequence: bigint }
  | { readonly type: "parameters"; readonly parameters: QmuxParameters };

/** Frame type of QX_PING requests. */
export const PING: bigint = 0x348c67529ef8c7bdn;
/** Frame type of QX_PING responses. */
export const PONG: bigint = 0x348c67529ef8c7ben;
/** Frame type of QX_TRANSPORT_PARAMETERS. */
export const PARAMETERS: bigint = 0x3f5153300d0a0d0an;

/** One STREAM frame whose payload is still to be filled in. */
interface OpenStreamFrame {
  /** The frame, exactly. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where its payload goes, to the end. */
  readonly payloadAt: number;
}

/** The most that the header of a STREAM frame takes, in bytes. */
export const MAX_STREAM_HEADER_BYTES: number = 1 + 8 + 8 + 4;

/** A STREAM frame with room for `length` bytes, written once and in place. */
export function openStreamFrame(
  frame: Omit<StreamFrame, "data" | "type"> & { readonly length: number },
  wire: QmuxWire,
): OpenStreamFrame {
  const { id, length } = frame;
  const fin = frame.fin ? 1 : 0;
  const explicit = hasFlowControl(wire);
  const offset = frame.offset ?? 0;
  const header = 1 + varintSize(id) +
    (explicit ? varintSize(offset) + varintSize(length) : 0);
  const bytes = new Uint8Array(header + length);
  bytes[0] = (explicit ? 0x0e : 0x08) | fin;
  let at = writeVarint(bytes, 1, id);
  if (explicit) {
    at = writeVarint(bytes, at, offset);
    at = writeVarint(bytes, at, length);
  }
  return { bytes, payloadAt: at };
}

/** One frame; throws `RangeError` for one that `wire` does not have. */
export function encodeFrame(frame: QmuxFrame, wire: QmuxWire): Uint8Array {
  if (frame.type === "stream") {
    const { bytes, payloadAt } = openStreamFrame({
      ...frame,
      length: frame.data.byteLength,
    }, wire);
    bytes.set(frame.data, payloadAt);
    return bytes;
  }
  const into = new Writer();
  if (!hasFlowControl(wire)) return encodeLegacy(frame, into);
  switch (frame.type) {
    case "reset":
      into.u8(frame.reliableSize === undefined ? 0x04 : 0x24)
        .varint(frame.id).varint(frame.code).varint(frame.finalSize);
      if (frame.reliableSize !== undefined) into.varint(frame.reliableSize);
      return into.finish();
    case "stop":
      return into.u8(0x05).varint(frame.id).varint(frame.code).finish();
    case "connection-close":
      // The 0 names the frame type at fault, which nobody tells.
      return into.u8(0x1c).varint(frame.code).u8(0).string(frame.reason)
        .finish();
    case "application-close":
      return into.u8(0x1d).varint(frame.code).string(frame.reason).finish();
    case "max-data":
      return into.u8(0x10).varint(frame.max).finish();
    case "max-stream-data":
      return into.u8(0x11).varint(frame.id).varint(frame.max).finish();
    case "max-streams":
      return into.u8(frame.direction === "bidi" ? 0x12 : 0x13)
        .varint(frame.max).finish();
    case "data-blocked":
      return into.u8(0x14).varint(frame.limit).finish();
    case "stream-data-blocked":
      return into.u8(0x15).varint(frame.id).varint(frame.limit).finish();
    case "streams-blocked":
      return into.u8(frame.direction === "bidi" ? 0x16 : 0x17)
        .varint(frame.limit).finish();
    case "datagram":
      return into.u8(0x31).sized(frame.data).finish();
    case "ping":
      return into.varint(PING).varint(frame.sequence).finish();
    case "pong":
      return into.varint(PONG).varint(frame.sequence).finish();
    case "parameters":
      return into.varint(PARAMETERS)
        .sized(encodeParameters(frame.parameters)).finish();
  }
}

function encodeLegacy(
  frame: Exclude<QmuxFrame, StreamFrame>,
  into: Writer,
): Uint8Array {
  switch (frame.type) {
    case "reset":
      return into.u8(0x04).varint(frame.id).varint(frame.code).finish();
    case "stop":
      return into.u8(0x05).varint(frame.id).varint(frame.code).finish();
    case "connection-close":
    case "application-close":
      return into.u8(frame.type === "connection-close" ? 0x1c : 0x1d)
        .varint(frame.code).bytes(new TextEncoder().encode(frame.reason))
        .finish();
    default:
      throw new RangeError(
        `Expected a frame of the wire form "webtransport", got ${frame.type}`,
      );
  }
}
