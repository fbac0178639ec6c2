/**
 * The protocol between a relay and an auth server: one JSON object per event
 * of a session, answered with a grant or a refusal. It is the contract of
 * moq-relay 0.17's `--auth-url`, so servers written for that work here.
 *
 * @module
 */
import type { Mount } from "@moq-deno/lite/internal";
import { type Peer, requestPath } from "./auth.ts";
import { isJsonObject, type JsonObject } from "../token/json.ts";
import { parsePattern } from "../token/mod.ts";

/** The facts about a session that do not change, without the relay's name, in the JSON order of the contract. */
export function describePeer(peer: Peer): JsonObject {
  const { transport, remote, local, serverName, protocol, path, query, role } =
    peer;
  return {
    transport: transport === "webtransport" ? "quic" : transport,
    ...(remote !== undefined && { remote }),
    ...(local !== undefined && { local }),
    ...(serverName !== undefined && { server_name: serverName }),
    ...(protocol !== undefined && { alpn: protocol }),
    path: path.startsWith("/") ? path : `/${path}`,
    ...(query !== "" && { query }),
    ...(role !== undefined && { role }),
  };
}

/** What an auth server grants. */
export interface RemoteGrant {
  /** Canonical patterns, relative to the root. */
  readonly publish: readonly string[];
  /** Canonical patterns, relative to the root. */
  readonly subscribe: readonly string[];
  /** The session's root; absent: the path that was dialled. */
  readonly root: string | undefined;
  /** When the grant ends, in seconds since 1970. */
  readonly expires: number | undefined;
  /** After how many seconds the relay asks again. */
  readonly revalidate: number | undefined;
  /** Subtrees that are read from another place. */
  readonly mounts: readonly Mount[];
  /** Whether the peer is a relay of the same cluster. */
  readonly peer: boolean;
  /** A label to count the session under. */
  readonly tier: string | undefined;
}

function patternsOf(answer: JsonObject, name: string): readonly string[] {
  const value = answer[name] ?? [];
  if (Array.isArray(value) && value.every((it) => typeof it === "string")) {
    return value.map(parsePattern);
  }
  throw new RangeError(`Expected "${name}" to be a list of patterns`);
}

function secondsOf(answer: JsonObject, name: string): number | undefined {
  const value = answer[name] ?? undefined;
  if (value === undefined) return undefined;
  const isTime = typeof value === "number" && value >= 0 &&
    value <= Number.MAX_SAFE_INTEGER;
  if (isTime) return value;
  throw new RangeError(
    `Expected "${name}" to be seconds, got ${JSON.stringify(value)}`,
  );
}

function textOf(answer: JsonObject, name: string): string | undefined {
  const value = answer[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw new RangeError(`Expected "${name}" to be a string`);
}

function peerOf(answer: JsonObject): boolean {
  const value = answer["peer"] ?? false;
  if (typeof value === "boolean") return value;
  throw new RangeError('Expected "peer" to be true or false');
}

// A grant is for one session, which compares each of its paths with every mount.
const MAX_MOUNTS = 64;

function mountsOf(answer: JsonObject): readonly Mount[] {
  const value = answer["mounts"] ?? {};
  if (!isJsonObject(value)) {
    throw new RangeError(
      'Expected "mounts" to be an object that maps paths to paths',
    );
  }
  const mounts = Object.entries(value).map(([at, target]) => {
    if (typeof target === "string") {
      return { at: requestPath(at), target: requestPath(target) };
    }
    throw new RangeError('Expected every path in "mounts" to be a string');
  });
  if (mounts.length <= MAX_MOUNTS) return mounts;
  throw new RangeError(
    `Expected at most ${MAX_MOUNTS} "mounts", got ${mounts.length}`,
  );
}

/** Reads an answer. Throws `RangeError` or `SyntaxError` if it is invalid, `MoqError` for an invalid root or mount. */
export function parseGrant(text: string): RemoteGrant {
  const answer: unknown = JSON.parse(text);
  if (!isJsonObject(answer)) throw new RangeError("Expected a JSON object");
  const root = textOf(answer, "root");
  return {
    publish: patternsOf(answer, "publish"),
    subscribe: patternsOf(answer, "subscribe"),
    root: root === undefined ? undefined : requestPath(root),
    mounts: mountsOf(answer),
    expires: secondsOf(answer, "expires"),
    revalidate: secondsOf(answer, "revalidate"),
    tier: textOf(answer, "tier") || undefined,
    peer: peerOf(answer),
  };
}

/** An answer that is well-formed but cannot be applied. */
export class InvalidGrant extends Error {
  override readonly name = "InvalidGrant";
}

/** Throws {@linkcode InvalidGrant} when the grant's times contradict each other or the clock. */
export function checkGrantTimes({ expires, revalidate }: RemoteGrant): void {
  if (revalidate === 0) {
    throw new InvalidGrant('Expected "revalidate" above 0, got 0');
  }
  if (revalidate !== undefined && expires === undefined) {
    throw new InvalidGrant('Expected "expires" beside "revalidate", got none');
  }
  if (expires !== undefined && expires * 1000 <= Date.now()) {
    throw new InvalidGrant(
      `Expected "expires" to be in the future, got ${expires}`,
    );
  }
}
