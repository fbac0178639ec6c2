/**
 * Errors about keys and tokens.
 *
 * @module
 */

/** The kind of error, stable for programs. */
export type TokenErrorCode =
  | "key" // the key is invalid, or not for this use
  | "malformed" // not a token, or too long
  | "algorithm" // signed with an algorithm that is not the key's
  | "unknown-key" // no key of the name in the token
  | "signature" // not signed with this key
  | "claim" // a claim is missing, unknown, repeated or malformed
  | "expired" // `exp` has passed
  | "not-yet-valid" // `nbf` is in the future
  | "scope" // more than its key may grant
  | "path"; // nothing is granted at the requested path

/** A key or token was refused. The message says why, and never contains a secret or a token. */
export class TokenError extends Error {
  /** Always `TokenError`. */
  override readonly name = "TokenError";
  /** The kind of error. */
  readonly code: TokenErrorCode;

  /** `message` says what is wrong, without secrets. */
  constructor(code: TokenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
