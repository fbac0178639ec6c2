/**
 * base64url from outside.
 *
 * @module
 */
import { base64url } from "jose";

const ALPHABET = /^[A-Za-z0-9_-]+={0,2}$/;

/** The bytes of base64url, padded or not; `undefined` when `text` is none, or of a length that none has. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (!ALPHABET.test(text)) return undefined;
  const bare = text.replace(/=+$/, "");
  return bare.length % 4 === 1 ? undefined : base64url.decode(bare);
}
