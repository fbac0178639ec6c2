/**
 * How a session is made, and what it serves.
 *
 * @module
 */
import type { Logger } from "../log.ts";
import type { Cache } from "../model/cache.ts";
import type { OriginScope } from "../model/origin_scope.ts";
import type { Clock } from "../time.ts";
import type { Setup } from "../wire/setup.ts";
import type { SessionLimits } from "./context.ts";
import type { InBandAgreement } from "./in_band.ts";

/** Options of `Session`. */
export interface SessionOptions {
  /** What we tell the peer about ourselves in addition to our hop id. */
  readonly setup?: Omit<Setup, "hop"> | undefined;
  /** Our hop id. Default random. */
  readonly hop?: bigint | undefined;
  /** Accounts for groups that come in. Default one of its own. */
  readonly cache?: Cache | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
  /** Bounds on the peer. */
  readonly limits?: SessionLimits | undefined;
  /** What `acceptInBand` or `offerInBand` agreed on, on a transport without a protocol name. */
  readonly inBand?: InBandAgreement | undefined;
  /** How long the peer may take for its SETUP, in milliseconds. Default 10 s. */
  readonly setupTimeoutMs?: number | undefined;
}

/** What the peer of a session may do. */
export interface SessionScopes {
  /** What the peer may read. */
  readonly readable: OriginScope;
  /** What the peer may publish to; without it the peer is not asked for announcements. */
  readonly writable?: OriginScope | undefined;
  /** Bounds on the peer from here on, where they are not those the session began with. */
  readonly limits?: SessionLimits | undefined;
}
