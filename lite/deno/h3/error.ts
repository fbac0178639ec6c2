/**
 * Errors that end an HTTP/3 connection: RFC 9114 section 8.1, RFC 9204 section 6.
 *
 * @module
 */
import { MoqError } from "../../error.ts";

/** The HTTP/3 error codes used here, as sent in CONNECTION_CLOSE. */
export const HTTP3_CODES = {
  noError: 0x100,
  streamCreationError: 0x103,
  closedCriticalStream: 0x104,
  frameUnexpected: 0x105,
  frameError: 0x106,
  excessiveLoad: 0x107,
  idError: 0x108,
  settingsError: 0x109,
  missingSettings: 0x10a,
  messageError: 0x10e,
  qpackDecompressionFailed: 0x200,
  webTransportAlpnError: 0x0817b3dd,
} as const;

type Http3Code = keyof typeof HTTP3_CODES;

/** A violation of HTTP/3 that ends the peer's connection, not only one stream. */
export class Http3Error extends MoqError {
  /** The code for CONNECTION_CLOSE. */
  readonly http3Code: number;

  /** `message` says what the peer did wrong. */
  constructor(code: Http3Code, message: string, cause?: unknown) {
    super("protocol", message, { cause });
    this.http3Code = HTTP3_CODES[code];
  }
}
