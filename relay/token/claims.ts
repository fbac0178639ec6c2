/**
 * The claims of a token: grants, times, and names to revoke it by. Unknown
 * claims are refused, since they may be meant to narrow the grants.
 *
 * @module
 */
import { TokenError } from "./error.ts";
import {
  GRANT_NAMES,
  type Grants,
  normalizeGrants,
  readGrants,
  writeGrants,
} from "./grants.ts";
import type { JsonObject } from "./json.ts";

/** What a token grants, to whom and when. Times are in seconds since 1970, a NumericDate of RFC 7519, with or without fraction. */
export interface Claims extends Grants {
  /** `exp`: refused from this second on. */
  readonly expires?: number | undefined;
  /** `nbf`: refused before this second. */
  readonly notBefore?: number | undefined;
  /** `iat`: when it was made; not checked. */
  readonly issued?: number | undefined;
  /** `iss`: who made it; not checked. */
  readonly issuer?: string | undefined;
  /** `sub`: whom it was made for; can be revoked by it. */
  readonly subject?: string | undefined;
  /** `jti`: its own id; can be revoked by it. */
  readonly id?: string | undefined;
}

const TIMES = [["exp", "expires"], ["nbf", "notBefore"], [
  "iat",
  "issued",
]] as const;
const TEXTS = [["iss", "issuer"], ["sub", "subject"], ["jti", "id"]] as const;

const NAMES: ReadonlySet<string> = new Set([
  ...GRANT_NAMES,
  ...TIMES.map(([name]) => name),
  ...TEXTS.map(([name]) => name),
]);

const MAX_TEXT_LENGTH = 256;

function checkTime(value: unknown, name: string): number {
  if (isTime(value)) return value;
  throw new TokenError(
    "claim",
    `Expected "${name}" to be seconds since 1970, got ${JSON.stringify(value)}`,
  );
}

/** Whether `value` is a NumericDate within exact arithmetic. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 &&
    value <= Number.MAX_SAFE_INTEGER;
}

/** Rounds to whole seconds, which every verifier accepts, so that the token is never valid longer than asked for. */
function writeTime(value: number, name: string): number {
  const time = checkTime(value, name);
  return name === "nbf" ? Math.ceil(time) : Math.floor(time);
}

function checkText(value: unknown, name: string): string {
  if (
    typeof value === "string" && value !== "" && value.length <= MAX_TEXT_LENGTH
  ) return value;
  throw new TokenError(
    "claim",
    `Expected "${name}" to be a string of 1 to ${MAX_TEXT_LENGTH} characters`,
  );
}

/** Reads a token's payload. Throws `TokenError("claim")` that names the claim. */
export function readClaims(payload: JsonObject): Claims {
  const unknown = Object.keys(payload).find((name) => !NAMES.has(name));
  if (unknown !== undefined) {
    throw new TokenError(
      "claim",
      `Unknown claim "${unknown}", which might narrow the grants`,
    );
  }
  const claims: Record<string, unknown> = { ...readGrants(payload) };
  // The first releases of moq-token wrote null for absent claims.
  const has = (name: string): boolean => (payload[name] ?? null) !== null;
  for (const [name, key] of TIMES) {
    if (has(name)) claims[key] = checkTime(payload[name], name);
  }
  for (const [name, key] of TEXTS) {
    if (has(name)) claims[key] = checkText(payload[name], name);
  }
  // Every field of the type is set above.
  return claims as unknown as Claims;
}

/** A token's payload, its times in whole seconds. Throws `TokenError("claim")` for claims that verifiers refuse. */
export function writeClaims(claims: Partial<Claims>): JsonObject {
  const payload: Record<string, unknown> = {
    ...writeGrants(normalizeGrants(claims)),
  };
  for (const [name, key] of TIMES) {
    const time = claims[key];
    if (time !== undefined) payload[name] = writeTime(time, name);
  }
  for (const [name, key] of TEXTS) {
    if (claims[key] !== undefined) payload[name] = checkText(claims[key], name);
  }
  return payload;
}

/** Throws `TokenError` unless `now`, in seconds, is within the claims' times; there is no leeway. */
export function checkTimes(
  { expires, notBefore }: Pick<Claims, "expires" | "notBefore">,
  now: number,
): void {
  if (expires !== undefined && expires <= now) {
    throw new TokenError(
      "expired",
      `Token has expired: its "exp" is ${formatTime(expires)}`,
    );
  }
  if (notBefore !== undefined && notBefore > now) {
    throw new TokenError(
      "not-yet-valid",
      `Token is not valid yet: its "nbf" is ${formatTime(notBefore)}`,
    );
  }
}

// Dates end 8.64e15 ms after 1970; tokens may last longer.
const LAST_DATE = 8.64e12;

/** Seconds since 1970 as a readable date. */
export function formatTime(seconds: number): string {
  return seconds <= LAST_DATE
    ? new Date(seconds * 1000).toISOString().replace(".000Z", "Z")
    : `second ${seconds}`;
}
