/**
 * Authorization: a request for a session becomes a {@linkcode Grant} or is
 * refused. This file has the types that all authorizers share, and the
 * simplest authorizer: {@linkcode PublicAuth}.
 *
 * @module
 */
import { type Clock, MoqError, type PathFilter } from "@moq-deno/lite";
import {
  hasPrefix,
  isPathInBounds,
  MAX_NAME_BYTES,
  MAX_PATH_BYTES,
  MAX_PATH_SEGMENTS,
  type Mount,
} from "@moq-deno/lite/internal";
import type { Transport } from "@moq-deno/lite/transport";
import {
  hasWildcard,
  matchPattern,
  parsePattern,
  patternPrefix,
  rebasePatterns,
} from "../token/pattern.ts";

/** How a peer connects: raw QUIC, WebTransport over HTTP/3, qmux over WebSocket, or a plain HTTP request. */
export type PeerTransport = "quic" | "webtransport" | "websocket" | "http";

/** Who asks and for what, from the listener to the decision. */
export interface Peer {
  /** How the peer connects. */
  readonly transport: PeerTransport;
  /** The path that was dialled, without the query; extra slashes are allowed. */
  readonly path: string;
  /** The query that was dialled, still percent-encoded, without `?`; `""` if there is none. */
  readonly query: string;
  /** The peer's address, `host:port`. */
  readonly remote?: string | undefined;
  /** The relay's address that the peer reached, `host:port`, if known. */
  readonly local?: string | undefined;
  /** The origin of the page, for browsers. */
  readonly origin?: string | undefined;
  /** The agreed ALPN or subprotocol, as on the wire. */
  readonly protocol?: string | undefined;
  /** The host that was dialled, if known. */
  readonly serverName?: string | undefined;
  /** The peer's role, if its SETUP came before the decision. */
  readonly role?: "publisher" | "subscriber" | undefined;
  /** Aborts the decision. */
  readonly signal?: AbortSignal | undefined;
}

/** A peer that waits for a decision. Call either `accept` or `refuse`, once. */
export interface IncomingPeer
  extends Omit<Peer, "path" | "query" | "role" | "signal"> {
  /** How it connects. Plain HTTP requests are answered elsewhere. */
  readonly transport: Exclude<PeerTransport, "http">;
  /** Path and query that were dialled; absent on raw QUIC, where SETUP has them. */
  readonly target?: string | undefined;
  /** Lets the peer in. Throws `MoqError` if it has left in the meantime. */
  accept(): Promise<Transport>;
  /** Turns the peer away with `error`'s code and message; never throws. */
  refuse(error: MoqError): void;
}

/** Splits `target` into path and query. */
export function splitTarget(target: string): Pick<Peer, "path" | "query"> {
  const at = target.indexOf("?");
  return at < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** What one session may do. */
export interface Grant {
  /** The normalized path that was dialled; the session's paths are relative to it. */
  readonly root: string;
  /** Canonical patterns, relative to `root`, of what the peer may publish. */
  readonly publish: readonly string[];
  /** Canonical patterns, relative to `root`, of what the peer may subscribe to. */
  readonly subscribe: readonly string[];
  /** Subtrees below `root` that are read from another place; no one can publish there. Default none. */
  readonly mounts?: readonly Mount[] | undefined;
  /** Whether the peer is a relay of the same cluster: it sees hidden names and has higher limits. Default false. */
  readonly isRelay?: boolean | undefined;
  /** Who the peer is, for the log and operators: the `sub` of its token, or else its `jti`. */
  readonly subject?: string | undefined;
  /** A label to count the session under in metrics. */
  readonly tier?: string | undefined;
  /** When the session must end, in seconds since 1970; absent: never. */
  readonly expires?: number | undefined;
  /** How the grant can be revoked; absent: it cannot. The holder of the grant must release it. */
  readonly lease?: Lease | undefined;
}

/** The lifetime of a grant that can be revoked. */
export interface Lease {
  /** Resolves with the reason when the grant is revoked; never rejects. */
  readonly revoked: Promise<MoqError>;
  /** Ends the use of the grant; only the first call counts. */
  release(end: GrantEnd): void;
}

/** How the use of a grant ended. */
export interface GrantEnd {
  /** Why it ended: `closed`, `done` for an HTTP request, or the error. */
  readonly reason: string;
  /** How long it was used, in milliseconds. */
  readonly durationMs: number;
  /** Bytes of groups that were sent and received; absent: none. */
  readonly bytes?: {
    readonly sent: number;
    readonly received: number;
  } | undefined;
}

// Timers hold at most 2^31-1 ms. A time further away is checked again then.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Appointment {
  /** Seconds since 1970. */
  readonly time: number;
  readonly then: () => void;
}

/** Calls `then` at `time`, however far away; at once if it has passed. The function returned cancels it. */
export function atTime(clock: Clock, { time, then }: Appointment): () => void {
  let cancel = (): void => {};
  const wait = (): void => {
    const leftMs = time * 1000 - Date.now();
    cancel = leftMs > LONGEST_TIMER_MS
      ? clock.after(LONGEST_TIMER_MS, wait)
      : clock.after(Math.max(leftMs, 0), then);
  };
  wait();
  return () => cancel();
}

/** Decides what a peer may do. */
export interface Authorizer {
  /** What `peer` may do; throws `MoqError("unauthorized")` if it may do nothing. */
  grant(peer: Peer): Promise<Grant>;
}

/** Whether one of `patterns` matches `path`; both are relative to the grant's root. */
export function covers(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => matchPattern(pattern, path));
}

const NO_MOUNTS: readonly Mount[] = [];

/** The filter of an origin's scope for a grant's `patterns`; mounted subtrees are left out. */
export function patternFilter(
  patterns: readonly string[],
  mounted: readonly Mount[] = NO_MOUNTS,
): PathFilter {
  const prefixes = [...new Set(patterns.map(patternPrefix))];
  return {
    prefixes: prefixes.filter((prefix) =>
      prefixes.every((other) => other === prefix || !hasPrefix(other, prefix))
    ),
    allows: (path) =>
      covers(patterns, path) && !mounted.some(({ at }) => hasPrefix(at, path)),
  };
}

/** Refuses pages of sites that are not on a list. Non-browser peers have no origin and pass. */
export class OriginAuth implements Authorizer {
  readonly #origins: readonly string[];
  readonly #next: Authorizer;

  /** `next` decides about the peers that pass. */
  constructor(origins: readonly string[], next: Authorizer) {
    this.#origins = origins;
    this.#next = next;
  }

  /** The grant of `next`; throws `MoqError("unauthorized")` for other pages. */
  async grant(peer: Peer): Promise<Grant> {
    const { origin } = peer;
    if (origin === undefined || this.#origins.includes(origin)) {
      return await this.#next.grant(peer);
    }
    throw new MoqError(
      "unauthorized",
      `Pages of ${origin} may not connect, the site is not on the list`,
    );
  }
}

const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether `url` is a page or an address of this machine. */
export function isLocalUrl(url: string): boolean {
  return LOCAL_HOST.test(URL.parse(url)?.hostname ?? "");
}

/**
 * The path of a request without extra slashes. Throws
 * `MoqError("unauthorized")` if a segment has a star, which only patterns may
 * have, or if it exceeds the limits of paths.
 */
export function requestPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.length > MAX_PATH_SEGMENTS) {
    throw new MoqError(
      "unauthorized",
      `Expected at most ${MAX_PATH_SEGMENTS} path segments, got ${segments.length}`,
    );
  }
  if (segments.some(hasWildcard)) {
    throw new MoqError(
      "unauthorized",
      `Expected a path without "*", got "${path}"`,
    );
  }
  const normal = segments.join("/");
  if (isPathInBounds(normal)) return normal;
  throw new MoqError(
    "unauthorized",
    `Expected a path of at most ${MAX_PATH_BYTES} bytes and ${MAX_NAME_BYTES} in a segment, got a longer one`,
  );
}

/** The last non-empty `jwt` of a raw query, or `undefined`. */
export function requestToken(query: string): string | undefined {
  return new URLSearchParams(query).getAll("jwt").findLast((jwt) => jwt !== "");
}

/** Options of {@linkcode PublicAuth}: patterns relative to the root of the relay. */
export interface PublicAuthOptions {
  /** What anyone may publish. */
  readonly publish: readonly string[];
  /** What anyone may subscribe to. */
  readonly subscribe: readonly string[];
  /** Whether to refuse pages from other machines, so that web sites cannot reach a relay for local use. Default false. */
  readonly localPagesOnly?: boolean | undefined;
}

/** Gives every peer the same grant, without credentials. */
export class PublicAuth implements Authorizer {
  readonly #publish: readonly string[];
  readonly #subscribe: readonly string[];
  readonly #localPagesOnly: boolean;

  /** Throws `RangeError` on an invalid pattern. */
  constructor(options: PublicAuthOptions) {
    this.#publish = options.publish.map(parsePattern);
    this.#subscribe = options.subscribe.map(parsePattern);
    this.#localPagesOnly = options.localPagesOnly ?? false;
  }

  /** The patterns relative to the path that was dialled. */
  grant(peer: Peer): Promise<Grant> {
    return Promise.try(() => this.#grant(peer));
  }

  #grant({ path, query, origin }: Peer): Grant {
    if (this.#localPagesOnly && origin !== undefined && !isLocalUrl(origin)) {
      throw new MoqError(
        "unauthorized",
        `Only pages of this machine may connect, not pages of ${origin}`,
      );
    }
    if (requestToken(query) !== undefined) {
      throw new MoqError(
        "unauthorized",
        "Access is public here, connect without a jwt",
      );
    }
    const root = requestPath(path);
    const publish = rebasePatterns(this.#publish, root);
    const subscribe = rebasePatterns(this.#subscribe, root);
    if (publish.length + subscribe.length === 0) {
      throw new MoqError(
        "unauthorized",
        `No public access at "${root}"`,
      );
    }
    return { root, publish, subscribe };
  }
}
