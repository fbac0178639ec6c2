/**
 * Translates the end of an HTTP/3 connection to the end of a transport.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import type { TransportClose } from "../../transport/transport.ts";
import { fromHttp3Code, quicError } from "../codes.ts";
import { HTTP3_CODES } from "./error.ts";

// The range of codes of RFC 9114 section 8.1 and RFC 9204 section 6.
const FIRST_HTTP3_CODE = 0x100;
const LAST_HTTP3_CODE = 0x2ff;

/** The meaning of a peer's CONNECTION_CLOSE: HTTP/3's own codes are not application codes. */
export function closedByPeer(
  { closeCode, reason }: Deno.QuicCloseInfo,
): TransportClose {
  if (closeCode === HTTP3_CODES.noError) return { code: 0, reason };
  const isHttp3 = closeCode >= FIRST_HTTP3_CODE && closeCode <= LAST_HTTP3_CODE;
  const code = isHttp3 ? undefined : fromHttp3Code(closeCode);
  if (code !== undefined) return { code, reason };
  const number = `0x${closeCode.toString(16)}`;
  const message = `Peer closed HTTP/3 with ${number}: ${reason}`;
  return { reason, error: new MoqError("transport", message) };
}

/** The end for the runtime's error about a lost connection or stream. */
export function lost(cause: unknown): TransportClose {
  const error = quicError(cause);
  return { reason: error.message, error };
}
