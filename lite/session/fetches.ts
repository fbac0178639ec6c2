/**
 * The fetches of one session: equal ones share a request, those without readers
 * end, and only a few run at once, so that streams stay free for subscriptions.
 * moq-lite, "FETCH".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { GroupConsumer, GroupProducer } from "../model/group.ts";
import type { FetchOptions } from "../model/track.ts";
import { linked, type LinkedController, onAbort } from "../signal.ts";
import type { SessionContext } from "./context.ts";

/** Requests in progress at once. QUIC stacks allow 100 streams by default, and most are for subscriptions. */
export const MAX_FETCHES = 32;
/** Fetches that may wait for one of them to end. */
export const MAX_WAITING_FETCHES = 1024;
/** How long they wait if none ends. */
const TURN_TIMEOUT_MS = 10_000;
/** How long a fetch waits before a broadcast with more places must give one up: its groups may never end. */
export const FAIR_WAIT_MS = 2000;

/** The group to fetch. */
export interface FetchTarget {
  /** Path of its broadcast, as the peer knows it. */
  readonly broadcast: string;
  /** Name of its track. */
  readonly name: string;
  /** Its number. */
  readonly sequence: number;
}

/** A group that has begun to arrive. */
export interface Arriving {
  /** The group. */
  readonly group: GroupProducer;
  /** Resolves when it is complete, has failed, or the signal of the request has aborted. */
  readonly received: Promise<void>;
}

/** Requests one group from the peer; throws a `MoqError`, or the reason of `signal`, which also ends the transfer. */
type FetchRequest = (signal: AbortSignal) => Promise<Arriving>;

/** Shares and schedules requests. */
export class Fetches {
  readonly #context: Pick<SessionContext, "clock" | "signal" | "tasks">;
  readonly #shared: Map<string, SharedFetch> = new Map();
  // The longest waiting first.
  readonly #waiting: Set<Turn> = new Set();
  // The oldest first.
  readonly #running: Map<SharedFetch, string> = new Map();
  #endedMs = -Infinity;

  /** Runs fetches as tasks of `context`. */
  constructor(context: Pick<SessionContext, "clock" | "signal" | "tasks">) {
    this.#context = context;
  }

  /**
   * The group at `target`, once it has begun to arrive. The request ends with
   * the group, or when the signals of all its callers have aborted. Throws as
   * `request` does, `MoqError("lagged")` or `("timeout")` if too many others are
   * in progress, and `signal.reason`.
   */
  fetch(
    { broadcast, name, sequence }: FetchTarget,
    request: FetchRequest,
    { signal }: Pick<FetchOptions, "signal">,
  ): Promise<GroupConsumer> {
    const key = JSON.stringify([broadcast, name, sequence]);
    const present = this.#shared.get(key);
    if (present) return present.join(signal);
    const shared = new SharedFetch(this.#context.signal);
    this.#shared.set(key, shared);
    const forget = (): void => {
      if (this.#shared.get(key) === shared) this.#shared.delete(key);
    };
    // A fetch that is ending cannot serve new callers.
    onAbort(shared.signal, forget);
    const running = this.#run(shared, { broadcast, request }).finally(forget);
    this.#context.tasks.run("fetch", running);
    return shared.join(signal);
  }

  async #run(
    shared: SharedFetch,
    { broadcast, request }: {
      readonly broadcast: string;
      readonly request: FetchRequest;
    },
  ): Promise<void> {
    try {
      if (this.#running.size < MAX_FETCHES) {
        this.#running.set(shared, broadcast);
      } else await this.#awaitTurn(shared, broadcast);
    } catch (error) {
      return shared.end(asMoqError(error));
    }
    try {
      const { group, received } = await request(shared.signal);
      shared.begin(group);
      await received;
      shared.end();
    } catch (error) {
      shared.end(asMoqError(error));
    } finally {
      this.#leave(shared);
    }
  }

  /** Gives the place of an ended request to the broadcast with the fewest places, and there to the longest waiting fetch. */
  #leave(shared: SharedFetch): void {
    this.#endedMs = this.#context.clock.now();
    this.#running.delete(shared);
    const held = this.#heldPlaces();
    let next: Turn | undefined;
    for (const turn of this.#waiting) {
      const places = held.get(turn.broadcast) ?? 0;
      if (!next || places < (held.get(next.broadcast) ?? 0)) next = turn;
    }
    if (!next) return;
    this.#waiting.delete(next);
    this.#running.set(next.shared, next.broadcast);
    next.hasCome = true;
    next.latch.wake();
  }

  /** Number of places of each broadcast. */
  #heldPlaces(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const broadcast of this.#running.values()) {
      held.set(broadcast, (held.get(broadcast) ?? 0) + 1);
    }
    return held;
  }

  /** Ends the oldest fetch of the broadcast with the most places, if that has at least two more than `broadcast`. */
  #makeRoomFor(broadcast: string): void {
    const held = this.#heldPlaces();
    const [most] = [...held].sort(([, a], [, b]) => b - a);
    if (!most || most[1] < (held.get(broadcast) ?? 0) + 2) return;
    for (const [shared, holder] of this.#running) {
      if (holder === most[0] && shared.giveUp(unfair(most))) return;
    }
  }

  async #awaitTurn(shared: SharedFetch, broadcast: string): Promise<void> {
    const { signal } = shared;
    if (this.#waiting.size >= MAX_WAITING_FETCHES) {
      throw new MoqError(
        "lagged",
        `More than ${MAX_WAITING_FETCHES} fetches wait for ${MAX_FETCHES} in progress`,
      );
    }
    const turn: Turn = {
      shared,
      broadcast,
      latch: new Latch(),
      hasCome: false,
      isLate: false,
    };
    this.#waiting.add(turn);
    const release = turn.latch.wakeOn(signal);
    const cancel = this.#watch(turn);
    try {
      while (!turn.hasCome) {
        signal.throwIfAborted();
        if (turn.isLate) {
          throw new MoqError(
            "timeout",
            `None of ${MAX_FETCHES} fetches in progress ended in ${TURN_TIMEOUT_MS} ms`,
          );
        }
        await turn.latch.changed();
      }
    } finally {
      cancel();
      release();
      this.#waiting.delete(turn);
    }
  }

  /** Makes room for `turn` after a while, and times it out if no request ends for longer; the returned function stops that. */
  #watch(turn: Turn): () => void {
    const { clock } = this.#context;
    const began = clock.now();
    const cancelFair = clock.after(
      FAIR_WAIT_MS,
      () => this.#makeRoomFor(turn.broadcast),
    );
    let cancel = (): void => {};
    const look = (): void => {
      const quietMs = clock.now() - Math.max(began, this.#endedMs);
      turn.isLate = quietMs >= TURN_TIMEOUT_MS;
      if (turn.isLate) turn.latch.wake();
      else cancel = clock.after(TURN_TIMEOUT_MS - quietMs, look);
    };
    look();
    return () => {
      cancelFair();
      cancel();
    };
  }
}

/** A place in the queue. */
interface Turn {
  readonly shared: SharedFetch;
  readonly broadcast: string;
  readonly latch: Latch;
  hasCome: boolean;
  isLate: boolean;
}

function unfair([broadcast, places]: readonly [string, number]): MoqError {
  return new MoqError(
    "lagged",
    `Fetch of ${
      JSON.stringify(broadcast)
    } ended: other broadcasts wait for one of its ${places} places`,
  );
}

/** One request, and the readers of its group. */
class SharedFetch {
  readonly #latch = new Latch();
  readonly #over: LinkedController;
  readonly #leaving: Set<() => void> = new Set();
  #readers = 0;
  #group: GroupProducer | undefined;
  #hasEnded = false;
  #error: MoqError | undefined;

  /** Also ends with `session`. */
  constructor(session: AbortSignal) {
    this.#over = linked(session);
  }

  /** Aborts when no reader is left. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Adds a reader, until `signal` aborts; resolves once the group has begun to arrive. */
  async join(signal?: AbortSignal): Promise<GroupConsumer> {
    this.#readers++;
    this.#leaving.add(onAbort(signal, () => this.#leave()));
    for (;;) {
      signal?.throwIfAborted();
      if (this.#group) return this.#group.consume();
      if (this.#error) throw this.#error;
      await this.#latch.changed();
    }
  }

  /** Ends it to make room for others; `false` if it is already ending. */
  giveUp(error: MoqError): boolean {
    if (this.#hasEnded || this.signal.aborted) return false;
    this.#over.abort(error);
    return true;
  }

  #leave(): void {
    this.#latch.wake();
    if (--this.#readers > 0 || this.#hasEnded) return;
    this.#over.abort(
      new MoqError("cancelled", "The fetched group has no readers left"),
    );
  }

  /** The group has begun to arrive. */
  begin(group: GroupProducer): void {
    this.#group = group;
    this.#latch.wake();
  }

  /** The request has ended; with `error` if it failed. */
  end(error?: MoqError): void {
    this.#hasEnded = true;
    this.#error = error;
    for (const release of this.#leaving) release();
    this.#leaving.clear();
    this.#over.release();
    this.#latch.wake();
  }
}
