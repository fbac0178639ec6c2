/**
 * What a relay has done since it began. Nothing is counted per frame: each
 * session has plain numbers of its own, which are summed when somebody asks,
 * and are kept when it ends, so that no counter ever goes back.
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

/** What sessions are counted by. */
export interface SessionKind {
  /** What it runs over. */
  readonly transport: Exclude<PeerTransport, "http">;
  /** Whether the other end is a relay of the cluster. */
  readonly isPeer: boolean;
}

/** The counters of a session that are plain numbers and never go back. */
export type Counter = Exclude<
  keyof SessionStats,
  "subscriptions" | "sentCuts" | "receivedCuts"
>;

/** All sessions of one kind, those that have ended included. */
export interface KindTotals extends SessionKind, Record<Counter, number> {
  /** Sessions so far. */
  opened: number;
  /** Sessions now. */
  open: number;
  /** Of these, how many are on a path that carries less than it is given. */
  congested: number;
  /** Bytes on their way to them that they have not confirmed. */
  unconfirmedBytes: number;
  /** Subscriptions that they hold now. */
  subscriptions: number;
}

/** Everything counted, at one moment. */
export interface Totals {
  /** Every kind of session, those that there never was included. */
  readonly kinds: readonly KindTotals[];
  /** Groups whose sending ended early, by why. */
  readonly sentCuts: CutCounts;
  /** Groups that failed while they came, by why. */
  readonly receivedCuts: CutCounts;
}

/** Every transport. */
const TRANSPORTS: readonly SessionKind["transport"][] = [
  "quic",
  "webtransport",
  "websocket",
];

/** The counters of one relay. */
export class RelayStats {
  /** Peers that were not let in, by why. */
  readonly refused: Map<ErrorCode, number> = new Map();
  /** Sessions that have ended, by why; `closed` is in an orderly way. */
  readonly ended: Map<ErrorCode, number> = new Map();
  readonly #live: Map<Session, SessionKind> = new Map();
  // What those who have left had counted.
  readonly #past: Totals = emptyTotals();

  /** Counts a session that is let in, for as long as it lasts and after. */
  add(session: Session, kind: SessionKind): void {
    this.#live.set(session, kind);
    session.closed.then((error) => {
      this.#live.delete(session);
      addSession(this.#past, { session, kind });
      count(this.ended, error?.code ?? "closed");
    });
  }

  /** Counts a peer that is not let in. */
  refuse({ code }: MoqError): void {
    count(this.refused, code);
  }

  /** The sums as they are now: one pass over the sessions. */
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
