/**
 * Keys as text: a JWK (RFC 7517) as JSON, or as base64url of JSON. The key
 * material for each algorithm is checked here only.
 *
 * @module
 */
import { decodeBase64url } from "./base64.ts";
import { TokenError } from "./error.ts";
import { type Grants, readGrants } from "./grants.ts";
import { isJsonObject, type JsonObject, parseObject } from "./json.ts";

/** Every supported signature algorithm. */
export const ALGORITHMS = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "EdDSA",
] as const;

/** How tokens are signed: with a shared secret (HS), or with a private key and its public part (all others). */
export type Algorithm = (typeof ALGORITHMS)[number];

/** What a key is used for. */
export type Operation = "sign" | "verify";

/** A valid key. */
export interface KeyData {
  /** Its signature algorithm. */
  readonly algorithm: Algorithm;
  /** Its `kid`. */
  readonly id: string | undefined;
  /** The most that its tokens may grant; absent: everything. */
  readonly scope: Grants | undefined;
  /** What it may be used for. */
  readonly operations: readonly Operation[];
  /** Whether it contains the private part or the shared secret. */
  readonly isPrivate: boolean;
  /** `kty` and the fields that it requires, without others. */
  readonly material: Readonly<Record<string, string>>;
}

/** Longest text of a key, or of a key set, in characters. */
export const MAX_KEY_LENGTH = 262_144;

const MIN_SECRET_BYTES = 32;
// Less than 2048 bits is insecure, more than 8192 too expensive to verify.
const RSA_BYTES = [256, 1024] as const;

interface Family {
  readonly kty: string;
  readonly crv?: string;
  readonly publicFields: readonly string[];
  readonly privateFields: readonly string[];
  /** Size of the first public field, in bytes. */
  readonly bytes: readonly [least: number, most: number];
}

const RSA: Family = {
  kty: "RSA",
  publicFields: ["n", "e"],
  privateFields: ["d", "p", "q", "dp", "dq", "qi"],
  bytes: RSA_BYTES,
};

function familyOf(algorithm: Algorithm): Family {
  switch (algorithm) {
    case "HS256":
    case "HS384":
    case "HS512":
      return {
        kty: "oct",
        publicFields: [],
        privateFields: ["k"],
        bytes: [MIN_SECRET_BYTES, MAX_KEY_LENGTH],
      };
    case "ES256":
      return ellipticCurve("P-256", 32);
    case "ES384":
      return ellipticCurve("P-384", 48);
    case "EdDSA":
      return {
        kty: "OKP",
        crv: "Ed25519",
        publicFields: ["x"],
        privateFields: ["d"],
        bytes: [32, 32],
      };
    default:
      return RSA;
  }
}

function ellipticCurve(crv: string, bytes: number): Family {
  return {
    kty: "EC",
    crv,
    publicFields: ["x", "y"],
    privateFields: ["d"],
    bytes: [bytes, bytes],
  };
}

const KEY_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Whether `id` is a valid `kid`, which is also safe as a file name. */
export function isKeyId(id: string): boolean {
  return KEY_ID.test(id);
}

function keyError(message: string): TokenError {
  return new TokenError("key", message);
}

/** Decodes the text of a key or key set to an object. Throws `TokenError("key")`. */
export function parseKeyText(text: string): JsonObject {
  if (text.length > MAX_KEY_LENGTH) {
    throw keyError(
      `The key has ${text.length} characters, more than ${MAX_KEY_LENGTH}`,
    );
  }
  const trimmed = text.trim();
  const options = { what: "key", code: "key" } as const;
  if (trimmed.startsWith("{")) return parseObject(trimmed, options);
  const bytes = decodeBase64url(trimmed);
  if (!bytes) {
    throw keyError("Expected a key as JSON or base64url, got other text");
  }
  return parseObject(new TextDecoder().decode(bytes), options);
}

/** Reads one JWK. Throws `TokenError("key")` with a message that never quotes the key. */
export function readJwk(jwk: JsonObject): KeyData {
  const algorithm = ALGORITHMS.find((name) => name === jwk["alg"]);
  if (!algorithm) {
    throw keyError(
      `Expected "alg" to be one of ${ALGORITHMS.join(", ")}, got ${
        JSON.stringify(jwk["alg"])
      }`,
    );
  }
  const { material, isPrivate } = readMaterial(jwk, algorithm);
  return {
    algorithm,
    id: readId(jwk["kid"]),
    scope: readScope(jwk["scope"]),
    operations: readOperations(jwk),
    isPrivate,
    material,
  };
}

function readMaterial(
  jwk: JsonObject,
  algorithm: Algorithm,
): Pick<KeyData, "material" | "isPrivate"> {
  const family = familyOf(algorithm);
  if (jwk["kty"] !== family.kty) {
    throw keyError(
      `Expected "kty" to be ${family.kty} for ${algorithm}, got ${
        JSON.stringify(jwk["kty"])
      }`,
    );
  }
  if (jwk["crv"] !== family.crv) {
    throw keyError(
      `Expected "crv" to be ${family.crv ?? "absent"} for ${algorithm}, got ${
        JSON.stringify(jwk["crv"])
      }`,
    );
  }
  const { publicFields, privateFields, bytes: [least, most] } = family;
  const isPrivate = publicFields.length === 0 ||
    privateFields.some((field) => field in jwk);
  const fields = isPrivate ? [...publicFields, ...privateFields] : publicFields;
  const material: Record<string, string> = { kty: family.kty };
  if (family.crv !== undefined) material["crv"] = family.crv;
  for (const [at, field] of fields.entries()) {
    const value = jwk[field];
    const text = typeof value === "string" ? value : "";
    const size = decodeBase64url(text)?.byteLength;
    if (size === undefined) {
      throw keyError(`Expected "${field}" to be base64url in a ${family.kty}`);
    }
    if (at === 0 && (size < least || size > most)) {
      throw keyError(
        `Expected at least ${least} and at most ${most} bytes in "${field}" for ${algorithm}, got ${size}`,
      );
    }
    material[field] = text.replace(/=+$/, "");
  }
  return { material, isPrivate };
}

function readId(kid: unknown): string | undefined {
  if (kid === undefined) return undefined;
  if (typeof kid === "string" && isKeyId(kid)) return kid;
  throw keyError('Expected "kid" to be 1 to 128 of A-Z a-z 0-9 _ -');
}

function readScope(scope: unknown): Grants | undefined {
  if (scope === undefined) return undefined;
  if (!isJsonObject(scope)) throw keyError('Expected "scope" to be an object');
  return readGrants(scope);
}

function readOperations(
  { key_ops: operations, use }: JsonObject,
): readonly Operation[] {
  if (use !== undefined && use !== "sig") {
    throw keyError(
      `Expected "use" to be sig, got ${JSON.stringify(use)}`,
    );
  }
  if (operations === undefined) return ["sign", "verify"];
  if (!Array.isArray(operations)) {
    throw keyError('Expected "key_ops" to be a list');
  }
  const known = (["sign", "verify"] as const).filter((name) =>
    operations.includes(name)
  );
  if (known.length > 0) return known;
  throw keyError('Expected "key_ops" with sign or verify');
}

/** `material` without its secret part. Throws `TokenError("key")` for a shared secret. */
export function publicMaterial(
  { algorithm, material }: Pick<KeyData, "algorithm" | "material">,
): Readonly<Record<string, string>> {
  const { kty, privateFields } = familyOf(algorithm);
  if (kty === "oct") {
    throw keyError(
      `Expected a key with a public part, got ${algorithm}, a shared secret`,
    );
  }
  return Object.fromEntries(
    Object.entries(material).filter(([name]) => !privateFields.includes(name)),
  );
}
