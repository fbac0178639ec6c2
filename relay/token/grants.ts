/**
 * What tokens and keys grant, in either notation: `publish` and `subscribe` with
 * patterns, or the older `put` and `get` with prefixes, where `p` means `p/**`.
 * One document never mixes them.
 *
 * @module
 */
import { TokenError } from "./error.ts";
import type { JsonObject } from "./json.ts";
import {
  containsPattern,
  hasWildcard,
  MAX_PATTERN_SEGMENTS,
  parsePattern,
  rebasePatterns,
} from "./pattern.ts";

/** Most patterns in one list of a token. */
export const MAX_PATTERNS = 256;

/** What may be published and subscribed to. */
export interface Permissions {
  /** Canonical patterns. */
  readonly publish: readonly string[];
  /** Canonical patterns. */
  readonly subscribe: readonly string[];
}

/** Permissions below a root. */
export interface Grants extends Permissions {
  /** A path without extra slashes that the patterns are relative to; `""` is the relay's root. */
  readonly root: string;
}

/** The claims that {@linkcode readGrants} reads. */
export const GRANT_NAMES: readonly string[] = [
  "root",
  "put",
  "get",
  "publish",
  "subscribe",
];

function claimError(message: string, cause?: unknown): TokenError {
  return new TokenError("claim", message, { cause });
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** `path` without extra slashes. Throws `TokenError` for a star, and for more than 32 segments. */
function literalPath(path: string, name: string): string {
  const segments = segmentsOf(path);
  if (segments.some(hasWildcard)) {
    throw claimError(`Expected "${name}" without "*", got "${path}"`);
  }
  if (segments.length > MAX_PATTERN_SEGMENTS) {
    throw claimError(
      `Expected at most ${MAX_PATTERN_SEGMENTS} segments in "${name}", got ${segments.length}`,
    );
  }
  return segments.join("/");
}

/** The pattern for `prefix` and everything below. */
function subtree(prefix: string, name: string): string {
  const path = literalPath(prefix, name);
  return path === "" ? "**" : canonical(`${path}/**`, name);
}

function canonical(pattern: string, name: string): string {
  try {
    return parsePattern(pattern);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw claimError(`Expected patterns in "${name}": ${cause.message}`, cause);
  }
}

function textsOf(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value) || value.some((it) => typeof it !== "string")) {
    throw claimError(`Expected "${name}" to be a list of strings`);
  }
  if (value.length > MAX_PATTERNS) {
    throw claimError(
      `Expected at most ${MAX_PATTERNS} entries in "${name}", got ${value.length}`,
    );
  }
  return value;
}

/** Reads root and grants in either notation. Throws `TokenError("claim")`. */
export function readGrants(source: JsonObject): Grants {
  const { root = "" } = source;
  if (typeof root !== "string") {
    throw claimError('Expected "root" to be a path');
  }
  const isOld = "put" in source || "get" in source;
  if (isOld && ("publish" in source || "subscribe" in source)) {
    throw claimError(
      'Expected "put" and "get", or "publish" and "subscribe", got a mixture',
    );
  }
  const read = isOld ? readPrefixes : readPatterns;
  const grants = {
    root: literalPath(root, "root"),
    publish: read(source, isOld ? "put" : "publish"),
    subscribe: read(source, isOld ? "get" : "subscribe"),
  };
  return checkGrants(grants);
}

function readPrefixes(source: JsonObject, name: string): readonly string[] {
  if (!(name in source)) return [];
  const value = source[name];
  const prefixes = textsOf(typeof value === "string" ? [value] : value, name);
  return [...new Set(prefixes.map((prefix) => subtree(prefix, name)))];
}

function readPatterns(source: JsonObject, name: string): readonly string[] {
  if (!(name in source)) return [];
  const patterns = textsOf(source[name], name);
  return [...new Set(patterns.map((pattern) => canonical(pattern, name)))];
}

/** Canonical form of grants from a program. Throws `TokenError("claim")`. */
export function normalizeGrants(grants: Partial<Grants>): Grants {
  return readGrants({
    root: grants.root ?? "",
    publish: grants.publish ?? [],
    subscribe: grants.subscribe ?? [],
  });
}

/** Throws when nothing is granted, or when root and pattern together are too long. */
function checkGrants(grants: Grants): Grants {
  const { root, publish, subscribe } = grants;
  if (publish.length + subscribe.length === 0) {
    throw claimError("The token grants nothing");
  }
  place(root, publish);
  place(root, subscribe);
  return grants;
}

/** `patterns` below `root`, relative to what is above it. */
function place(root: string, patterns: readonly string[]): readonly string[] {
  if (root === "") return patterns;
  return patterns.map((pattern) =>
    canonical(pattern === "" ? root : `${root}/${pattern}`, "root")
  );
}

/** The prefix equivalent to `pattern`, or `undefined`. */
function prefixOf(pattern: string): string | undefined {
  if (pattern === "**") return "";
  if (!pattern.endsWith("/**")) return undefined;
  const prefix = pattern.slice(0, -"/**".length);
  return hasWildcard(prefix) ? undefined : prefix;
}

/** The older notation where it is equivalent, so that every verifier understands it; otherwise the newer one. */
export function writeGrants({ root, publish, subscribe }: Grants): JsonObject {
  const put = publish.map(prefixOf);
  const get = subscribe.map(prefixOf);
  const isOld = ![...put, ...get].includes(undefined);
  return {
    root, // some verifiers require it even if it is empty
    ...(publish.length > 0 && (isOld ? { put } : { publish })),
    ...(subscribe.length > 0 && (isOld ? { get } : { subscribe })),
  };
}

/** Whether `scope` covers everything in `grants`, each direction separately. */
export function scopeAllows(scope: Grants, grants: Grants): boolean {
  const allows = (wide: readonly string[], asked: readonly string[]): boolean =>
    asked.every((pattern) =>
      wide.some((other) => containsPattern(other, pattern))
    );
  return allows(
    place(scope.root, scope.publish),
    place(grants.root, grants.publish),
  ) && allows(
    place(scope.root, scope.subscribe),
    place(grants.root, grants.subscribe),
  );
}

/**
 * What `grants` allow a session that dialled `path`, relative to that path. It
 * may be below or above the root. Throws `TokenError("path")` if nothing is
 * granted there.
 */
export function authorize(grants: Grants, path: string): Permissions {
  const dialled = segmentsOf(path).join("/");
  const publish = rebasePatterns(place(grants.root, grants.publish), dialled);
  const subscribe = rebasePatterns(
    place(grants.root, grants.subscribe),
    dialled,
  );
  if (publish.length + subscribe.length === 0) {
    throw new TokenError(
      "path",
      `The token with root "${grants.root}" grants nothing at "${dialled}"`,
    );
  }
  return { publish, subscribe };
}
