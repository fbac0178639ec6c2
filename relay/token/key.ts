/**
 * A key that signs tokens, verifies them, or both.
 *
 * ```ts
 * import { generateKey } from "./mod.ts";
 *
 * const key = await generateKey("ES256");
 * const token = await key.sign({
 *   root: "room/7",
 *   publish: ["alice/**"],
 *   subscribe: ["**"],
 *   expires: Math.floor(Date.now() / 1000) + 3600,
 * });
 * const claims = await key.publicKey().verify(token);
 * console.assert(claims.root === "room/7");
 * ```
 *
 * @module
 */
import {
  base64url,
  CompactSign,
  compactVerify,
  type CryptoKey,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { checkTimes, type Claims, readClaims, writeClaims } from "./claims.ts";
import { TokenError } from "./error.ts";
import {
  type Grants,
  normalizeGrants,
  scopeAllows,
  writeGrants,
} from "./grants.ts";
import { decodeText, readHeader } from "./header.ts";
import { type JsonObject, parseObject } from "./json.ts";
import {
  type Algorithm,
  isKeyId,
  type KeyData,
  type Operation,
  parseKeyText,
  publicMaterial,
  readJwk,
} from "./jwk.ts";

/** Options of {@linkcode Key.verify}. */
export interface VerifyOptions {
  /** The time to verify for, in seconds since 1970. Default now. */
  readonly now?: number | undefined;
}

/** A key; only `toJson` and `toText` reveal its secret, printing does not. */
export class Key {
  readonly #data: KeyData;
  #signing: Promise<CryptoKey | Uint8Array> | undefined;
  #verifying: Promise<CryptoKey | Uint8Array> | undefined;

  /** Use {@linkcode parseKey} or {@linkcode generateKey}. */
  constructor(data: KeyData) {
    this.#data = data;
  }

  /** Its signature algorithm. */
  get algorithm(): Algorithm {
    return this.#data.algorithm;
  }

  /** Its `kid`, which is in the header of its tokens. */
  get id(): string | undefined {
    return this.#data.id;
  }

  /** The most that its tokens may grant; absent: everything. */
  get scope(): Grants | undefined {
    return this.#data.scope;
  }

  /** Whether it can sign, so must be kept secret. */
  get isPrivate(): boolean {
    return this.#data.isPrivate;
  }

  /** The JWK, including the secret. */
  toJson(): JsonObject {
    const { algorithm, id, scope, operations, material } = this.#data;
    return {
      alg: algorithm,
      ...(id !== undefined && { kid: id }),
      key_ops: operations,
      ...material,
      ...(scope && { scope: writeGrants(scope) }),
    };
  }

  /** The JWK as base64url of JSON, including the secret: one line without quotes. */
  toText(): string {
    return base64url.encode(JSON.stringify(this.toJson()));
  }

  /** The key without its private part: it verifies only. Throws `TokenError("key")` for a shared secret. */
  publicKey(): Key {
    this.#mayBeUsedTo("verify");
    return new Key({
      ...this.#data,
      operations: ["verify"],
      isPrivate: false,
      material: publicMaterial(this.#data),
    });
  }

  /** Signs a token. Throws `TokenError` for claims that `verify` would refuse at any time. */
  async sign(claims: Partial<Claims>): Promise<string> {
    this.#mayBeUsedTo("sign");
    const payload = writeClaims(claims);
    this.#checkScope(normalizeGrants(claims));
    const { algorithm, id, material } = this.#data;
    this.#signing ??= importMaterial(material, algorithm);
    const header = {
      alg: algorithm,
      typ: "JWT",
      ...(id !== undefined && { kid: id }),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(payload));
    return await new CompactSign(bytes).setProtectedHeader(header)
      .sign(await this.#signing);
  }

  /** The claims of `token`, after checking its signature, its times and this key's scope. Throws `TokenError`. */
  async verify(token: string, options: VerifyOptions = {}): Promise<Claims> {
    this.#mayBeUsedTo("verify");
    const { algorithm } = readHeader(token);
    if (algorithm !== this.algorithm) {
      throw new TokenError(
        "algorithm",
        `Expected a token signed with ${this.algorithm}, got ${
          JSON.stringify(algorithm.slice(0, 16))
        }`,
      );
    }
    const claims = readClaims(await this.#openPayload(token));
    checkTimes(claims, options.now ?? Date.now() / 1000);
    this.#checkScope(claims);
    return claims;
  }

  async #openPayload(token: string): Promise<JsonObject> {
    const { algorithm } = this.#data;
    this.#verifying ??= importMaterial(this.#verifyingMaterial(), algorithm);
    const key = await this.#verifying;
    try {
      const { payload } = await compactVerify(token, key, {
        algorithms: [algorithm],
      });
      const what = "token's payload";
      return parseObject(decodeText(payload, what), { what, code: "claim" });
    } catch (cause) {
      if (!(cause instanceof errors.JOSEError)) throw cause;
      throw new TokenError(
        "signature",
        "The token is not signed with this key",
        { cause },
      );
    }
  }

  #verifyingMaterial(): KeyData["material"] {
    const { material } = this.#data;
    return material["kty"] === "oct" ? material : publicMaterial(this.#data);
  }

  #mayBeUsedTo(operation: Operation): void {
    const { operations, isPrivate } = this.#data;
    if (!operations.includes(operation)) {
      throw new TokenError(
        "key",
        `This key may not ${operation}, its key_ops are ${operations}`,
      );
    }
    if (operation === "sign" && !isPrivate) {
      throw new TokenError(
        "key",
        "A public key cannot sign, use the private one",
      );
    }
  }

  #checkScope(grants: Grants): void {
    const { scope } = this.#data;
    if (!scope || scopeAllows(scope, grants)) return;
    throw new TokenError(
      "scope",
      `Expected grants within the key's scope ${
        JSON.stringify(writeGrants(scope))
      }, got ${JSON.stringify(writeGrants(grants))}`,
    );
  }
}

async function importMaterial(
  material: KeyData["material"],
  algorithm: Algorithm,
): Promise<CryptoKey | Uint8Array> {
  try {
    return await importJWK({ ...material }, algorithm);
  } catch (cause) {
    throw new TokenError(
      "key",
      `Invalid key for ${algorithm}: its numbers do not match`,
      { cause },
    );
  }
}

/** Parses a key from JSON or base64url. Throws `TokenError("key")`. */
export function parseKey(text: string): Key {
  return new Key(readJwk(parseKeyText(text)));
}

/** Options of {@linkcode generateKey}. */
export interface GenerateKeyOptions {
  /** Its `kid`. Default 16 random hexadecimal digits. */
  readonly id?: string | undefined;
  /** The most its tokens may grant. Default everything. */
  readonly scope?: Partial<Grants> | undefined;
}

const SECRET_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

/** Generates a key. Throws `TokenError` for an invalid `kid` or scope. */
export async function generateKey(
  algorithm: Algorithm,
  { id = randomId(), scope }: GenerateKeyOptions = {},
): Promise<Key> {
  if (!isKeyId(id)) {
    throw new TokenError(
      "key",
      `Expected a key's name of 1 to 128 of A-Z a-z 0-9 _ -, got "${id}"`,
    );
  }
  return new Key(readJwk({
    ...await generateMaterial(algorithm),
    alg: algorithm,
    kid: id,
    ...(scope && { scope: writeGrants(normalizeGrants(scope)) }),
  }));
}

async function generateMaterial(algorithm: Algorithm): Promise<JWK> {
  if (
    algorithm === "HS256" || algorithm === "HS384" || algorithm === "HS512"
  ) {
    const secret = new Uint8Array(SECRET_BYTES[algorithm]);
    return {
      kty: "oct",
      k: base64url.encode(crypto.getRandomValues(secret)),
    };
  }
  const { privateKey } = await generateKeyPair(algorithm, {
    extractable: true,
  });
  return await exportJWK(privateKey);
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
