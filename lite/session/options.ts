/**
 * Options of sessions.
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
  /** Our SETUP, in addition to our hop id. */
  readonly setup?: Omit<Setup, "hop"> | undefined;
  /** Our hop id. Default random. */
  readonly hop?: bigint | undefined;
  /** Holds received groups. Default its own. */
  readonly cache?: Cache | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Receives log messages. Default none. */
  readonly log?: Logger | undefined;
  /** Limits of the peer. */
  readonly limits?: SessionLimits | undefined;
  /** The result of `acceptInBand` or `offerInBand`, on a transport without a protocol name. */
  readonly inBand?: InBandAgreement | undefined;
  /** Timeout of the peer's SETUP, in milliseconds. Default 10 s. */
  readonly setupTimeoutMs?: number | undefined;
}

/** The scopes of a session's peer. */
export interface SessionScopes {
  /** What the peer may read. */
  readonly readable: OriginScope;
  /** What the peer may publish; without it the peer is not asked for announcements. */
  readonly writable?: OriginScope | undefined;
  /** Limits of the peer from now on, where they differ from the session's first ones. */
  readonly limits?: SessionLimits | undefined;
}
