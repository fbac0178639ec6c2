/**
 * Who may do what: a request for a session becomes a {@linkcode Grant} or a
 * refusal. This file has the shapes that every way of deciding shares, and the
 * simplest way: {@linkcode PublicAuth}.
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

/** How a peer came: raw QUIC, WebTransport over HTTP/3, qmux over WebSocket, or a plain HTTP request. */
export type PeerTransport = "quic" | "webtransport" | "websocket" | "http";

/** Who asks, and for what: from the listener that found the peer to the decision about it. */
export interface Peer {
  /** How it came. */
  readonly transport: PeerTransport;
  /** The path as dialled, without the query; extra slashes are fine. */
  readonly path: string;
  /** The query as dialled, still percent-encoded, without `?`; `""` when there is none. */
  readonly query: string;
  /** The peer's address, `host:port`. */
  readonly remote?: string | undefined;
  /** The relay's address that it reached, `host:port`, where that is known. */
  readonly local?: string | undefined;
  /** The origin of the page, where a browser says so. */
  readonly origin?: string | undefined;
  /** The ALPN or subprotocol agreed on, as it stands on the wire. */
  readonly protocol?: string | undefined;
  /** The host that was dialled, where it is known. */
  readonly serverName?: string | undefined;
  /** The half that the peer says it is, where SETUP came before the decision. */
  readonly role?: "publisher" | "subscriber" | undefined;
  /** Ends the wait for a decision. */
  readonly signal?: AbortSignal | undefined;
}

/** A peer that waits for an answer: either `accept` or `refuse` is called, once. */
export interface IncomingPeer
  extends Omit<Peer, "path" | "query" | "role" | "signal"> {
  /** A session's; HTTP requests are answered otherwise. */
  readonly transport: Exclude<PeerTransport, "http">;
  /** Path and query as dialled; absent on raw QUIC, where SETUP has them. */
  readonly target?: string | undefined;
  /** Lets it in. Throws `MoqError` when it has gone in the meantime. */
  accept(): Promise<Transport>;
  /** Turns it away so that the peer learns `error`'s code and message; never throws. */
  refuse(error: MoqError): void;
}

/** The path and the query of `target`. */
export function splitTarget(target: string): Pick<Peer, "path" | "query"> {
  const at = target.indexOf("?");
  return at < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** What one session may do. */
export interface Grant {
  /** The session's empty path: the normalized path it dialled. */
  readonly root: string;
  /** Canonical patterns, relative to `root`, of what the peer may publish. */
  readonly publish: readonly string[];
  /** Canonical patterns, relative to `root`, of what the peer may subscribe to. */
  readonly subscribe: readonly string[];
  /** Subtrees below `root` that are read from another place, and that nobody publishes at. Default none. */
  readonly mounts?: readonly Mount[] | undefined;
  /** Whether the peer is a relay of the same cluster: it sees hidden names, and its bounds are wider. Default false. */
  readonly isRelay?: boolean | undefined;
  /** A label to count the session by. */
  readonly tier?: string | undefined;
  /** When the session must end, in seconds since 1970; absent: never. */
  readonly expires?: number | undefined;
  /** How it can be taken back; absent: it cannot. Whoever has the grant must release it. */
  readonly lease?: Lease | undefined;
}

/** The life of a grant that can be taken back. */
export interface Lease {
  /** Resolves with the reason when the grant is taken back; never rejects. */
  readonly revoked: Promise<MoqError>;
  /** Says that nobody uses the grant any more; only the first call counts. */
  release(end: GrantEnd): void;
}

/** How it went with a grant. */
export interface GrantEnd {
  /** Why it is over: `closed`, `done` for an HTTP request, else what went wrong. */
  readonly reason: string;
  /** How long it was used, in milliseconds. */
  readonly durationMs: number;
  /** Bytes of groups that went through it; absent: none did. */
  readonly bytes?: {
    readonly sent: number;
    readonly received: number;
  } | undefined;
}

// Timers hold at most 2^31-1 ms; a time further away is looked at again then.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What to do when. */
interface Appointment {
  /** Seconds since 1970. */
  readonly time: number;
  /** Called once. */
  readonly then: () => void;
}

/** Keeps an appointment however far away it is, at once when it has passed; the function returned cancels it. */
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

/** Decides about requests. */
export interface Authorizer {
  /** What `peer` may do; throws `MoqError("unauthorized")` when that is nothing. */
  grant(peer: Peer): Promise<Grant>;
}

/** Whether a session may publish, or subscribe to, `path`, relative to the grant's root. */
export function covers(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => matchPattern(pattern, path));
}

/** The mounts of a grant that has none. */
const NO_MOUNTS: readonly Mount[] = [];

/** What an origin's scope lets through under a grant's `patterns`; what is mounted is left out. */
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

/** Pages of some sites alone; peers that are no pages have no origin, and pass. */
export class OriginAuth implements Authorizer {
  readonly #origins: readonly string[];
  readonly #next: Authorizer;

  /** `next` decides about whoever passes. */
  constructor(origins: readonly string[], next: Authorizer) {
    this.#origins = origins;
    this.#next = next;
  }

  /** What the next one says; throws `MoqError("unauthorized")` for other pages. */
  async grant(peer: Peer): Promise<Grant> {
    const { origin } = peer;
    if (origin === undefined || this.#origins.includes(origin)) {
      return await this.#next.grant(peer);
    }
    throw new MoqError(
      "unauthorized",
      `Expected a page of a site on the list, got one of ${origin}`,
    );
  }
}

const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether `url` is a page, or an address, of this machine. */
export function isLocalUrl(url: string): boolean {
  return LOCAL_HOST.test(URL.parse(url)?.hostname ?? "");
}

/**
 * The path of a request without extra slashes. Throws
 * `MoqError("unauthorized")` where a segment has a star, which only patterns
 * may, and beyond the bounds of paths.
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

/** The last non-empty `jwt` of a raw query, `undefined` when there is none. */
export function requestToken(query: string): string | undefined {
  return new URLSearchParams(query).getAll("jwt").findLast((jwt) => jwt !== "");
}

/** Options of {@linkcode PublicAuth}: patterns from the root of the relay. */
export interface PublicAuthOptions {
  /** What anybody may publish. */
  readonly publish: readonly string[];
  /** What anybody may subscribe to. */
  readonly subscribe: readonly string[];
  /** Whether pages from other machines are refused, so that no web site reaches a relay that is meant for this machine. Default false. */
  readonly localPagesOnly?: boolean | undefined;
}

/** Everybody may do the same, and nobody presents credentials. */
export class PublicAuth implements Authorizer {
  readonly #publish: readonly string[];
  readonly #subscribe: readonly string[];
  readonly #localPagesOnly: boolean;

  /** Throws `RangeError` on what is not a pattern. */
  constructor(options: PublicAuthOptions) {
    this.#publish = options.publish.map(parsePattern);
    this.#subscribe = options.subscribe.map(parsePattern);
    this.#localPagesOnly = options.localPagesOnly ?? false;
  }

  /** The patterns as seen from the path dialled. */
  grant(peer: Peer): Promise<Grant> {
    return Promise.try(() => this.#grant(peer));
  }

  #grant({ path, query, origin }: Peer): Grant {
    if (this.#localPagesOnly && origin !== undefined && !isLocalUrl(origin)) {
      throw new MoqError(
        "unauthorized",
        `Expected a page of this machine, got one of ${origin}`,
      );
    }
    if (requestToken(query) !== undefined) {
      throw new MoqError(
        "unauthorized",
        "Expected no credentials where access is public, got a jwt",
      );
    }
    const root = requestPath(path);
    const publish = rebasePatterns(this.#publish, root);
    const subscribe = rebasePatterns(this.#subscribe, root);
    if (publish.length + subscribe.length === 0) {
      throw new MoqError(
        "unauthorized",
        `Expected a path with public access, got "${root}"`,
      );
    }
    return { root, publish, subscribe };
  }
}
