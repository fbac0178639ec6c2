/**
 * What of `@moq/token` is used, as its functions are called here.
 *
 * @module
 */
import type { Algorithm } from "../../../relay/token/mod.ts";

/** A key as it holds it; `d` or `k` is a secret. */
export interface TokenKey {
  /** The family: `oct` is a shared secret. */
  readonly kty: string;
}

/** What its tokens say: the older form. */
export interface TokenClaims {
  /** What the others are relative to. */
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
  /** A new key. */
  generate(algorithm: Algorithm): Promise<TokenKey>;
  /** Reads a JWK. Throws on one that is none. */
  load(jwk: string): TokenKey;
  /** Reads a JWK that can verify alone. */
  loadPublic(jwk: string): TokenKey;
  /** The part of a key that can verify alone. */
  toPublicKey(key: TokenKey): TokenKey;
  /** A token. */
  sign(key: TokenKey, claims: TokenClaims): Promise<string>;
  /** What a token says; throws when it is not good at `path`. */
  verify(key: TokenKey, token: string, path: string): Promise<TokenClaims>;
}
