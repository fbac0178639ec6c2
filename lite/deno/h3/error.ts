/**
 * What ends an HTTP/3 connection: RFC 9114 section 8.1 and RFC 9204 section 6.
 *
 * @module
 */
import { MoqError } from "../../error.ts";

/** The HTTP/3 error codes used here; they go into CONNECTION_CLOSE as they are. */
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

/** The name of an entry of {@linkcode HTTP3_CODES}. */
type Http3Code = keyof typeof HTTP3_CODES;

/** A peer that broke HTTP/3 beyond one stream: costs it this connection, nothing else. */
export class Http3Error extends MoqError {
  /** The number that goes into CONNECTION_CLOSE. */
  readonly http3Code: number;

  /** Makes an error; `message` says what was expected and what came. */
  constructor(code: Http3Code, message: string, cause?: unknown) {
    super("protocol", message, { cause });
    this.http3Code = HTTP3_CODES[code];
  }
}
