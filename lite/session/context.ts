/**
 * The state that the two halves of a session share.
 *
 * @module
 */
import type { Logger } from "../log.ts";
import { asMoqError, type ErrorCode, type MoqError } from "../error.ts";
import type { Clock } from "../time.ts";
import type { Transport } from "../transport/transport.ts";
import type { Setup } from "../wire/setup.ts";
import type { Version } from "../wire/version.ts";
import type { Congestion } from "./pacing/congestion.ts";
import type { Tasks } from "../tasks.ts";

/** Limits of one session's peer. */
export interface SessionLimits {
  /** Concurrent subscriptions. Default 1024. */
  readonly subscriptions?: number;
  /** Live announced paths. Default 1024. */
  readonly announcements?: number;
  /** Longest chain of hops of an announcement, its publisher included. Default and maximum 32. */
  readonly hops?: number;
  /** Whether the peer is a relay; each of its broadcasts then has its own share of the cache. Default `false`. */
  readonly isRelay?: boolean;
}

/** Numbers of groups that were cut, by error code. */
export type CutCounts = Map<ErrorCode, number>;

/** Counters of one session. */
export class SessionStats {
  /** Bytes of groups sent. */
  sentBytes = 0;
  /** Groups whose sending has begun. */
  sentGroups = 0;
  /** Whole frames sent, counted when the sending of their group ends. */
  sentFrames = 0;
  /** Groups whose sending ended early, by error code. */
  readonly sentCuts: CutCounts = new Map();
  /** Bytes of groups received. */
  receivedBytes = 0;
  /** Groups received. */
  receivedGroups = 0;
  /** Whole frames received, counted when their group ends. */
  receivedFrames = 0;
  /** Groups that failed while they were received, by error code. */
  readonly receivedCuts: CutCounts = new Map();
  /** One-frame groups sent as datagrams. */
  sentDatagrams = 0;
  /** One-frame groups received as datagrams. */
  receivedDatagrams = 0;
  /** Datagrams that the path had no room for, and received ones that were malformed, duplicate or without a subscription. */
  droppedDatagrams = 0;
  /** Current subscriptions of the peer. */
  subscriptions = 0;
}

/** A session, as its halves see it. */
export interface SessionContext {
  /** The connection. */
  readonly transport: Transport;
  /** The negotiated draft. */
  readonly version: Version;
  /** Our hop id. */
  readonly hop: bigint;
  /** Our price for traffic over this link, if we announce one. */
  readonly cost: number | undefined;
  /** The peer's SETUP; empty on drafts without. Rejects if the session ends before. */
  readonly peer: Promise<Setup>;
  /** Timers. */
  readonly clock: Clock;
  /** Receives log messages. */
  readonly log: Logger;
  /** The current limits of the peer. */
  readonly limits: Required<SessionLimits>;
  /** Counters. */
  readonly stats: SessionStats;
  /** Measures and limits the path to the peer. */
  readonly path: Congestion;
  /** The session's background work. */
  readonly tasks: Tasks;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
  /** Closes the session with an error. */
  fail(error: MoqError): void;
}

/** Counts a group that ended early because of `error`. */
export function countCut(counts: CutCounts, { code }: MoqError): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
}

/** Whether `error` is a violation by the peer, which ends the session; a stream error that the peer reports is not. */
export function isViolation(error: MoqError): boolean {
  const { code, remoteCode } = error;
  return remoteCode === undefined && (code === "decode" || code === "protocol");
}

/** Closes the session if `cause` is a violation in the peer's answer; the caller still throws it to the requester. */
export function failOnViolation(
  context: Pick<SessionContext, "fail">,
  cause: unknown,
): void {
  const error = asMoqError(cause);
  if (isViolation(error)) context.fail(error);
}
