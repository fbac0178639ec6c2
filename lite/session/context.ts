/**
 * What the two halves of a session share.
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

/** Bounds on what a peer may ask of one session. */
export interface SessionLimits {
  /** Subscriptions at a time. Default 1024. */
  readonly subscriptions?: number;
  /** Announced paths at a time. Default 1024. */
  readonly announcements?: number;
  /** Relays that an announcement may have come through, its publisher included. Default 32, which is the most. */
  readonly hops?: number;
  /** Whether the peer is a relay; each of its broadcasts then has its own share of the cache. Default no. */
  readonly isRelay?: boolean;
}

/** How many groups did not come to their end, by why. */
export type CutCounts = Map<ErrorCode, number>;

/** Plain counters of one session, read when somebody asks. */
export class SessionStats {
  /** Bytes of groups sent. */
  sentBytes = 0;
  /** Groups begun to send. */
  sentGroups = 0;
  /** Frames sent whole, counted when the sending of their group ends. */
  sentFrames = 0;
  /** Groups whose sending was ended early, by why. */
  readonly sentCuts: CutCounts = new Map();
  /** Bytes of groups received. */
  receivedBytes = 0;
  /** Groups received. */
  receivedGroups = 0;
  /** Frames received whole, counted when their group ends. */
  receivedFrames = 0;
  /** Groups that failed while they came, by why. */
  readonly receivedCuts: CutCounts = new Map();
  /** One-frame groups sent as datagrams. */
  sentDatagrams = 0;
  /** One-frame groups received as datagrams. */
  receivedDatagrams = 0;
  /** Datagrams that the path had no room for, and received ones that were malformed, of no subscription or there already. */
  droppedDatagrams = 0;
  /** Subscriptions the peer holds now. */
  subscriptions = 0;
}

/** What the halves know of their session. */
export interface SessionContext {
  /** The connection. */
  readonly transport: Transport;
  /** The draft spoken. */
  readonly version: Version;
  /** Our hop id. */
  readonly hop: bigint;
  /** What we charge for traffic over this link, when we say so. */
  readonly cost: number | undefined;
  /** The peer's SETUP; empty on drafts without. Rejects when the session ends before. */
  readonly peer: Promise<Setup>;
  /** Time. */
  readonly clock: Clock;
  /** Where messages go. */
  readonly log: Logger;
  /** Bounds on the peer, as they are now. */
  readonly limits: Required<SessionLimits>;
  /** Counters. */
  readonly stats: SessionStats;
  /** What the path to the peer carries. */
  readonly path: Congestion;
  /** The session's tasks. */
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

/** Whether `error` is a fault in what the peer sent, which costs it the session; what the peer merely reports of a stream is not. */
export function isViolation(error: MoqError): boolean {
  const { code, remoteCode } = error;
  return remoteCode === undefined && (code === "decode" || code === "protocol");
}

/** Closes the session if `cause` is a fault in what the peer answered; whoever asked hears of it besides. */
export function failOnViolation(
  context: Pick<SessionContext, "fail">,
  cause: unknown,
): void {
  const error = asMoqError(cause);
  if (isViolation(error)) context.fail(error);
}
