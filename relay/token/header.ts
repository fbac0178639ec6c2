/**
 * A token from outside: three parts of base64url, a bounded length, and what
 * its header says before anything of it is believed.
 *
 * @module
 */
import { decodeBase64url } from "./base64.ts";
import { TokenError } from "./error.ts";
import { type JsonObject, parseObject } from "./json.ts";

/** Longest token, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

/** The header of a token that nobody has verified. */
export interface TokenHeader {
  /** How it says that it is signed. */
  readonly algorithm: string;
  /** The key it says that it is signed with. */
  readonly keyId: string | undefined;
}

const PARTS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

function partsOf(token: string): readonly string[] {
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new TokenError(
      "malformed",
      `Expected a token of at most ${MAX_TOKEN_LENGTH} characters, got ${token.length}`,
    );
  }
  const parts = PARTS.exec(token);
  if (parts) return parts.slice(1);
  throw new TokenError(
    "malformed",
    "Expected three parts of base64url with dots between, got other text",
  );
}

/** Text of bytes that are UTF-8; throws `TokenError("malformed")`. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TokenError("malformed", `Expected UTF-8 in the ${what}`, {
      cause,
    });
  }
}

/** The part as an object; throws `TokenError("malformed")`. */
function decodePart(part: string | undefined, what: string): JsonObject {
  const bytes = decodeBase64url(part ?? "");
  if (!bytes) {
    throw new TokenError("malformed", `Expected base64url in the ${what}`);
  }
  const text = decodeText(bytes, what);
  return parseObject(text, { what, code: "malformed" });
}

/** Reads the header alone. Throws `TokenError("malformed")`. */
export function readHeader(token: string): TokenHeader {
  const header = decodePart(partsOf(token)[0], "token's header");
  const { alg, kid, crit } = header;
  if (typeof alg !== "string") {
    throw new TokenError("malformed", 'Expected "alg" in the token\'s header');
  }
  if (crit !== undefined) {
    throw new TokenError(
      "malformed",
      'Expected a token\'s header without "crit", whose extensions are not known',
    );
  }
  if (kid !== undefined && typeof kid !== "string") {
    throw new TokenError("malformed", 'Expected "kid" to be a text');
  }
  return { algorithm: alg, keyId: kid };
}

/** What {@linkcode inspectToken} sees. */
export interface InspectedToken {
  /** The header as it stands there. */
  readonly header: JsonObject;
  /** The claims as they stand there. */
  readonly payload: JsonObject;
}

/** What a token says, without a key: none of it can be believed. Throws `TokenError("malformed")`. */
export function inspectToken(token: string): InspectedToken {
  const [header, payload] = partsOf(token);
  return {
    header: decodePart(header, "token's header"),
    payload: decodePart(payload, "token's payload"),
  };
}
