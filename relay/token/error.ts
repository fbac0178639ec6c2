/**
 * What can be wrong with a key or a token.
 *
 * @module
 */

/** What is wrong, stable for programs to switch on. */
export type TokenErrorCode =
  | "key" // the key itself cannot be used, or not for this
  | "malformed" // not a token, or one that is too long
  | "algorithm" // signed with another algorithm than the key is for
  | "unknown-key" // no key by the name the token gives
  | "signature" // not signed with this key
  | "claim" // a claim that is missing, unknown, twice there or of the wrong form
  | "expired" // `exp` has passed
  | "not-yet-valid" // `nbf` has not come
  | "scope" // more than its key may grant
  | "path"; // nothing is granted at the path asked for

/** A key or a token that is refused; the message names what and why, and never holds a secret or a token. */
export class TokenError extends Error {
  /** Always `TokenError`. */
  override readonly name = "TokenError";
  /** What is wrong. */
  readonly code: TokenErrorCode;

  /** Makes an error; `message` says what was expected and what came. */
  constructor(code: TokenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
