/**
 * base64url from untrusted input.
 *
 * @module
 */
import { base64url } from "jose";

const ALPHABET = /^[A-Za-z0-9_-]+={0,2}$/;

/** Decodes base64url with or without padding; `undefined` if `text` is invalid or has an impossible length. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (!ALPHABET.test(text)) return undefined;
  const bare = text.replace(/=+$/, "");
  return bare.length % 4 === 1 ? undefined : base64url.decode(bare);
}
