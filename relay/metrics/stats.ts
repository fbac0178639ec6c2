/**
 * The relay's counters. Nothing is counted per frame: each session has plain
 * numbers, which are summed when asked for. The sums of ended sessions are
 * kept, so that no counter ever decreases.
 *
 * @module
 */
import type {
  ErrorCode,
  MoqError,
  Session,
  SessionStats,
} from "@moq-deno/lite";
import type { CutCounts } from "@moq-deno/lite/internal";
import type { PeerTransport } from "../auth/auth.ts";

/** The labels that sessions are counted under. */
export interface SessionKind {
  /** The transport. */
  readonly transport: Exclude<PeerTransport, "http">;
  /** Whether the other end is a relay of the cluster. */
  readonly isPeer: boolean;
}

/** The counters of a session that are plain numbers and never decrease. */
export type Counter = Exclude<
  keyof SessionStats,
  "subscriptions" | "sentCuts" | "receivedCuts"
>;

/** Totals of all sessions of one kind, ended ones included. */
export interface KindTotals extends SessionKind, Record<Counter, number> {
  /** Sessions so far. */
  opened: number;
  /** Current sessions. */
  open: number;
  /** Current sessions whose path carries less than they are given to send. */
  congested: number;
  /** Bytes sent to them and not yet acknowledged. */
  unconfirmedBytes: number;
  /** Current subscriptions. */
  subscriptions: number;
}

/** All totals at one moment. */
export interface Totals {
  /** Every kind of session, also those that never occurred. */
  readonly kinds: readonly KindTotals[];
  /** Groups whose sending ended early, by reason. */
  readonly sentCuts: CutCounts;
  /** Groups whose receiving failed, by reason. */
  readonly receivedCuts: CutCounts;
}

const TRANSPORTS: readonly SessionKind["transport"][] = [
  "quic",
  "webtransport",
  "websocket",
];

/** The counters of one relay. */
export class RelayStats {
  /** Refused peers, by reason. */
  readonly refused: Map<ErrorCode, number> = new Map();
  /** Ended sessions, by reason; `closed` is an orderly end. */
  readonly ended: Map<ErrorCode, number> = new Map();
  readonly #live: Map<Session, SessionKind> = new Map();
  // Sums of sessions that have ended.
  readonly #past: Totals = emptyTotals();

  /** Counts an admitted session, also after its end. */
  add(session: Session, kind: SessionKind): void {
    this.#live.set(session, kind);
    session.closed.then((error) => {
      this.#live.delete(session);
      addSession(this.#past, { session, kind });
      count(this.ended, error?.code ?? "closed");
    });
  }

  /** Counts a refused peer. */
  refuse({ code }: MoqError): void {
    count(this.refused, code);
  }

  /** The current sums; takes one pass over the sessions. */
  totals(): Totals {
    const totals = emptyTotals();
    addPast(totals, this.#past);
    for (const [session, kind] of this.#live) {
      addSession(totals, { session, kind });
      addPresent(kindOf(totals, kind), session);
    }
    return totals;
  }
}

function emptyTotals(): Totals {
  const kinds = TRANSPORTS.flatMap((transport) =>
    [false, true].map((isPeer) => ({
      transport,
      isPeer,
      opened: 0,
      open: 0,
      congested: 0,
      unconfirmedBytes: 0,
      subscriptions: 0,
      sentBytes: 0,
      sentGroups: 0,
      sentFrames: 0,
      receivedBytes: 0,
      receivedGroups: 0,
      receivedFrames: 0,
      sentDatagrams: 0,
      receivedDatagrams: 0,
      droppedDatagrams: 0,
    }))
  );
  return { kinds, sentCuts: new Map(), receivedCuts: new Map() };
}

function kindOf({ kinds }: Totals, wanted: SessionKind): KindTotals {
  const found = kinds.find(({ transport, isPeer }) =>
    transport === wanted.transport && isPeer === wanted.isPeer
  );
  if (found) return found;
  throw new TypeError(`Expected a transport, got ${wanted.transport}`);
}

function addSession(
  totals: Totals,
  { session: { stats }, kind }: {
    readonly session: Session;
    readonly kind: SessionKind;
  },
): void {
  const of = kindOf(totals, kind);
  of.opened++;
  addSums(of, stats);
  addCuts(totals.sentCuts, stats.sentCuts);
  addCuts(totals.receivedCuts, stats.receivedCuts);
}

function addPresent(of: KindTotals, { stats, path }: Session): void {
  of.open++;
  of.subscriptions += stats.subscriptions;
  of.unconfirmedBytes += path.unconfirmedBytes;
  if (path.isCongested) of.congested++;
}

function addPast(totals: Totals, past: Totals): void {
  for (const kind of past.kinds) {
    const of = kindOf(totals, kind);
    of.opened += kind.opened;
    addSums(of, kind);
  }
  addCuts(totals.sentCuts, past.sentCuts);
  addCuts(totals.receivedCuts, past.receivedCuts);
}

function addSums(
  to: Record<Counter, number>,
  from: Readonly<Record<Counter, number>>,
): void {
  to.sentBytes += from.sentBytes;
  to.sentGroups += from.sentGroups;
  to.sentFrames += from.sentFrames;
  to.receivedBytes += from.receivedBytes;
  to.receivedGroups += from.receivedGroups;
  to.receivedFrames += from.receivedFrames;
  to.sentDatagrams += from.sentDatagrams;
  to.receivedDatagrams += from.receivedDatagrams;
  to.droppedDatagrams += from.droppedDatagrams;
}

function addCuts(to: CutCounts, from: CutCounts): void {
  for (const [code, cuts] of from) to.set(code, (to.get(code) ?? 0) + cuts);
}

function count(counts: Map<ErrorCode, number>, code: ErrorCode): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
}
