/**
 * Several keys (RFC 7517 section 5); a token names one of them.
 *
 * @module
 */
import type { Claims } from "./claims.ts";
import { TokenError } from "./error.ts";
import { readHeader } from "./header.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { parseKeyText, readJwk } from "./jwk.ts";
import { Key, type VerifyOptions } from "./key.ts";

// More than any rotation needs.
const MAX_KEYS = 100;

/** A set of keys, found by `kid`. */
export class KeySet {
  /** All keys, in the order of the file. */
  readonly keys: readonly Key[];

  /** Throws `TokenError("key")` when two have the same name, or for none or more than 100. */
  constructor(keys: readonly Key[]) {
    if (keys.length === 0 || keys.length > MAX_KEYS) {
      throw new TokenError(
        "key",
        `Expected 1 to ${MAX_KEYS} keys of a known kind, got ${keys.length}`,
      );
    }
    const ids = keys.map(({ id }) => id).filter((id) => id !== undefined);
    const twice = ids.find((id, at) => ids.indexOf(id) !== at);
    if (twice !== undefined) {
      throw new TokenError(
        "key",
        `Two keys have the name "${twice}"`,
      );
    }
    this.keys = keys;
  }

  /** The key of that name; without a name, the key if there is only one; otherwise `undefined`. */
  find(id: string | undefined): Key | undefined {
    if (id !== undefined) return this.keys.find((key) => key.id === id);
    return this.keys.length === 1 ? this.keys[0] : undefined;
  }

  /** The claims of `token`, verified with the key that it names. Throws `TokenError`. */
  async verify(token: string, options: VerifyOptions = {}): Promise<Claims> {
    const { keyId } = readHeader(token);
    const key = this.find(keyId);
    if (key) return await key.verify(token, options);
    throw new TokenError(
      "unknown-key",
      keyId === undefined
        ? 'The token has no "kid", and there are several keys'
        : `No key has the kid ${JSON.stringify(keyId.slice(0, 128))}`,
    );
  }

  /** A JWKS of the public parts; throws `TokenError("key")` if one is a shared secret. */
  toPublicJson(): JsonObject {
    return { keys: this.keys.map((key) => key.publicKey().toJson()) };
  }
}

/**
 * Parses a JWKS, or a single JWK as a set of one. Keys for other purposes are
 * left out, as RFC 7517 asks. Throws `TokenError("key")`.
 */
export function parseKeySet(text: string): KeySet {
  const object = parseKeyText(text);
  if (!("keys" in object)) return new KeySet([new Key(readJwk(object))]);
  const { keys } = object;
  if (!Array.isArray(keys)) {
    throw new TokenError("key", 'Expected "keys" to be a list of keys');
  }
  return new KeySet(keys.flatMap(keyOf));
}

function keyOf(value: unknown): readonly Key[] {
  if (!isJsonObject(value)) return [];
  try {
    return [new Key(readJwk(value))];
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return []; // for another purpose, or of an unsupported kind
  }
}
