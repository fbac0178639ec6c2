/**
 * The frames of qmux and their encoding: draft-ietf-quic-qmux-00 to -02, and the
 * form before the drafts ("webtransport"), where a message is one frame.
 *
 * @module
 */
import { Writer } from "../../bytes/cursor.ts";
import { varintSize, writeVarint } from "../../bytes/varint.ts";
import { encodeParameters, type QmuxParameters } from "./parameters.ts";
import { type Direction, hasFlowControl, type QmuxWire } from "./wire.ts";

/** STREAM: bytes of one stream. */
export interface StreamFrame {
  /** The kind of frame. */
  readonly type: "stream";
  /** The stream. */
  readonly id: number;
  /** The position of `data` in the stream; absent if the wire form has none. */
  readonly offset?: number | undefined;
  /** The bytes, possibly empty. */
  readonly data: Uint8Array;
  /** Whether the stream ends after them. */
  readonly fin: boolean;
}

/** RESET_STREAM or RESET_STREAM_AT: the sender aborts the stream. */
export interface ResetFrame {
  /** The kind of frame. */
  readonly type: "reset";
  /** The stream. */
  readonly id: number;
  /** The application's error code. */
  readonly code: number;
  /** Bytes sent on the stream; 0 without flow control, where it is not written. */
  readonly finalSize: number;
  /** RESET_STREAM_AT only: bytes that must still be delivered. */
  readonly reliableSize?: number | undefined;
}

/** Ends the session: `application-close` normally, `connection-close` after a violation. */
export interface CloseFrame {
  /** The kind of frame. */
  readonly type: "application-close" | "connection-close";
  /** The code of the application or the violation. */
  readonly code: number;
  /** Readable text. */
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

/** A STREAM frame whose payload must still be filled in. */
interface OpenStreamFrame {
  /** The whole frame. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Start of its payload, which extends to the end. */
  readonly payloadAt: number;
}

/** Largest header of a STREAM frame, in bytes. */
export const MAX_STREAM_HEADER_BYTES: number = 1 + 8 + 8 + 4;

/** A STREAM frame with room for `length` bytes, to be filled in place. */
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

/** Encodes one frame; throws `RangeError` for one that `wire` does not have. */
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
      // The 0 stands for the frame type at fault, which is not sent.
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
