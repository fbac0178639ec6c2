/**
 * Error codes on QUIC streams: moq codes are mapped into a range of the HTTP/3
 * error space, and Deno shows a peer's code only in its error message.
 * draft-ietf-webtrans-http3, "Resetting Data Streams"; relays of the Rust
 * implementation use the same mapping on raw QUIC.
 *
 * @module
 */
import { messageOf, MoqError } from "../error.ts";

const FIRST = 0x52e4a40fa8db;
const LARGEST_PLAIN = 0xffffffff;
// Every 31st number is a reserved HTTP/3 code point without a meaning.
const RUN = 30;

/** The wire number of stream code `code`, an integer below 2^32. */
export function toHttp3Code(code: number): number {
  if (!Number.isInteger(code) || code < 0 || code > LARGEST_PLAIN) {
    throw new RangeError(`Expected a stream code below 2^32, got ${code}`);
  }
  return FIRST + code + Math.floor(code / RUN);
}

/** The plain code of a wire number, mapped or already plain; `undefined` if it is neither. */
export function fromHttp3Code(wire: bigint | number): number | undefined {
  const number = Number(wire);
  if (number >= 0 && number <= LARGEST_PLAIN) return number;
  const shifted = number - FIRST;
  if (shifted < 0 || shifted % (RUN + 1) === RUN) return undefined;
  const code = shifted - Math.floor(shifted / (RUN + 1));
  return code <= LARGEST_PLAIN ? code : undefined;
}

// Deno's message when the peer reset or stopped one stream: "stream reset by peer: error 77".
const STREAM_ENDED = /(?:reset|stopped) by peer: error (\d+)$/;

/** Whether Deno's `error` is about one stream that the peer ended, not about the connection. */
export function isPeerStreamError(error: unknown): boolean {
  return error instanceof Error && STREAM_ENDED.test(error.message);
}

/** The plain code in Deno's error about one stream, `undefined` if it has no known code. */
export function peerCodeOf(error: unknown): number | undefined {
  const match = error instanceof Error && STREAM_ENDED.exec(error.message);
  return match ? fromHttp3Code(Number(match[1])) : undefined;
}

/** Deno's error as a `MoqError`: `remote` with the plain code for one stream, else `transport`. */
export function quicError(error: unknown): MoqError {
  if (error instanceof MoqError) return error;
  if (!isPeerStreamError(error)) {
    const message = `QUIC failed: ${messageOf(error)}`;
    return new MoqError("transport", message, { cause: error });
  }
  const remoteCode = peerCodeOf(error);
  return new MoqError(
    "remote",
    `Peer ended the stream with code ${remoteCode ?? "unknown"}`,
    { remoteCode, cause: error },
  );
}
