/**
 * GOAWAY: please connect elsewhere, from draft 04 on. moq-lite, "GOAWAY".
 *
 * @module
 */
import { Reader, Writer } from "../bytes/cursor.ts";

/** Longest URI, in bytes. */
const MAX_GOAWAY_URI_BYTES = 8192;

/** Asks the peer to leave. */
export interface Goaway {
  /** Where to go; `""` for the same place again. */
  readonly uri: string;
}

/** The message behind its length. */
export function encodeGoaway(msg: Goaway): Uint8Array {
  const uri = new TextEncoder().encode(msg.uri);
  if (uri.byteLength > MAX_GOAWAY_URI_BYTES) {
    throw new RangeError(
      `Expected a URI of at most ${MAX_GOAWAY_URI_BYTES} bytes, got ${uri.byteLength}`,
    );
  }
  return new Writer().sized(uri).message();
}

/** Reads a body. */
export function decodeGoaway(body: Uint8Array): Goaway {
  const reader = new Reader(body);
  const length = reader.count(MAX_GOAWAY_URI_BYTES, "bytes of URI");
  const uri = reader.text(length);
  reader.end();
  return { uri };
}
