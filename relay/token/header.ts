/**
 * Parses an untrusted token: three parts of base64url, bounded in length, and
 * the header, which is not verified yet.
 *
 * @module
 */
import { decodeBase64url } from "./base64.ts";
import { TokenError } from "./error.ts";
import { type JsonObject, parseObject } from "./json.ts";

/** Longest token, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

/** The unverified header of a token. */
export interface TokenHeader {
  /** The algorithm that it claims to be signed with. */
  readonly algorithm: string;
  /** The key that it claims to be signed with. */
  readonly keyId: string | undefined;
}

const PARTS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

function partsOf(token: string): readonly string[] {
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new TokenError(
      "malformed",
      `The token has ${token.length} characters, more than ${MAX_TOKEN_LENGTH}`,
    );
  }
  const parts = PARTS.exec(token);
  if (parts) return parts.slice(1);
  throw new TokenError(
    "malformed",
    "Expected a token: three parts of base64url with dots between",
  );
}

/** Decodes UTF-8; throws `TokenError("malformed")`. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TokenError("malformed", `Expected UTF-8 in the ${what}`, {
      cause,
    });
  }
}

/** Decodes a part that is a JSON object; throws `TokenError("malformed")`. */
function decodePart(part: string | undefined, what: string): JsonObject {
  const bytes = decodeBase64url(part ?? "");
  if (!bytes) {
    throw new TokenError("malformed", `Expected base64url in the ${what}`);
  }
  const text = decodeText(bytes, what);
  return parseObject(text, { what, code: "malformed" });
}

/** Reads the header only. Throws `TokenError("malformed")`. */
export function readHeader(token: string): TokenHeader {
  const header = decodePart(partsOf(token)[0], "token's header");
  const { alg, kid, crit } = header;
  if (typeof alg !== "string") {
    throw new TokenError("malformed", 'Expected "alg" in the token\'s header');
  }
  if (crit !== undefined) {
    throw new TokenError(
      "malformed",
      'The token\'s header has "crit", whose extensions are not supported',
    );
  }
  if (kid !== undefined && typeof kid !== "string") {
    throw new TokenError("malformed", 'Expected "kid" to be a string');
  }
  return { algorithm: alg, keyId: kid };
}

/** A token's unverified content. */
export interface InspectedToken {
  /** The header, unchanged. */
  readonly header: JsonObject;
  /** The claims, unchanged. */
  readonly payload: JsonObject;
}

/** Decodes a token without a key; nothing in it is verified. Throws `TokenError("malformed")`. */
export function inspectToken(token: string): InspectedToken {
  const [header, payload] = partsOf(token);
  return {
    header: decodePart(header, "token's header"),
    payload: decodePart(payload, "token's payload"),
  };
}
