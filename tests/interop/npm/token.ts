/**
 * The part of `@moq/token` in use, with the types of our calls.
 *
 * @module
 */
import type { Algorithm } from "../../../relay/token/mod.ts";

/** A key in its format; `d` or `k` is a secret. */
export interface TokenKey {
  /** The family: `oct` is a shared secret. */
  readonly kty: string;
}

/** The claims of its tokens, in the older notation. */
export interface TokenClaims {
  /** What the other claims are relative to. */
  readonly root?: string;
  /** What may be published. */
  readonly put?: readonly string[];
  /** What may be subscribed to. */
  readonly get?: readonly string[];
  /** When it expires, in seconds since 1970. */
  readonly exp?: number;
}

/** The package. */
export interface Token {
  /** Generates a key. */
  generate(algorithm: Algorithm): Promise<TokenKey>;
  /** Parses a JWK; throws if it is invalid. */
  load(jwk: string): TokenKey;
  /** Parses a JWK that can only verify. */
  loadPublic(jwk: string): TokenKey;
  /** The part of a key that can only verify. */
  toPublicKey(key: TokenKey): TokenKey;
  /** Signs a token. */
  sign(key: TokenKey, claims: TokenClaims): Promise<string>;
  /** The claims of a token; throws if it is not valid at `path`. */
  verify(key: TokenKey, token: string, path: string): Promise<TokenClaims>;
}
