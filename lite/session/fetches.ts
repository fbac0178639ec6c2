/**
 * The fetches of one session: equal ones share a request, one that no one
 * reads any more ends, and so few are under way at once that streams stay free
 * for subscriptions. moq-lite, "FETCH".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { GroupConsumer, GroupProducer } from "../model/group.ts";
import type { FetchOptions } from "../model/track.ts";
import { linked, type LinkedController, onAbort } from "../signal.ts";
import type { SessionContext } from "./context.ts";

/** Requests under way at once. QUIC stacks allow 100 streams unless told otherwise, and most are for subscriptions. */
export const MAX_FETCHES = 32;
/** Fetches that may wait for one of those to end. */
export const MAX_WAITING_FETCHES = 1024;
/** How long they wait while none ends. */
const TURN_TIMEOUT_MS = 10_000;
/** How long one waits before a broadcast that holds more places gives one up: its groups may never end. */
export const FAIR_WAIT_MS = 2000;

/** Which group. */
export interface FetchTarget {
  /** Path of its broadcast, as the peer knows it. */
  readonly broadcast: string;
  /** Name of its track. */
  readonly name: string;
  /** Its number. */
  readonly sequence: number;
}

/** A group that has begun to come. */
export interface Arriving {
  /** The group. */
  readonly group: GroupProducer;
  /** Resolves when all of it is here, it has failed, or the signal of the request has aborted. */
  readonly received: Promise<void>;
}

/** Asks the peer for one group; throws a `MoqError`, or the reason of `signal`, which also ends what has begun to come. */
type FetchRequest = (signal: AbortSignal) => Promise<Arriving>;

/** Shares requests and gives them their turns. */
export class Fetches {
  readonly #context: Pick<SessionContext, "clock" | "signal" | "tasks">;
  readonly #shared: Map<string, SharedFetch> = new Map();
  // A set keeps the order of entry.
  readonly #waiting: Set<Turn> = new Set();
  // In the order in which they began.
  readonly #running: Map<SharedFetch, string> = new Map();
  #endedMs = -Infinity;

  /** None yet. */
  constructor(context: Pick<SessionContext, "clock" | "signal" | "tasks">) {
    this.#context = context;
  }

  /**
   * The group at `target`, once it has begun to come. The request ends with
   * the group, or when the signals of all who fetched it have aborted. Throws
   * what `request` throws, `MoqError("lagged")` or `("timeout")` when too many
   * others are under way, and `signal.reason`.
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
    // A fetch that is ending cannot serve the next caller.
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

  /** Hands the place of a request that has ended to the broadcast that holds fewest, and there to the request that has waited longest. */
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

  /** How many places each broadcast holds. */
  #heldPlaces(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const broadcast of this.#running.values()) {
      held.set(broadcast, (held.get(broadcast) ?? 0) + 1);
    }
    return held;
  }

  /** Ends the oldest fetch of the broadcast that holds most places, if `broadcast` holds fewer by two or more. */
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
        `Expected at most ${MAX_WAITING_FETCHES} fetches to wait for ${MAX_FETCHES} that are under way, got more`,
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
        if (turn.isLate) throw stuck();
        await turn.latch.changed();
      }
    } finally {
      cancel();
      release();
      this.#waiting.delete(turn);
    }
  }

  /** Makes room for `turn` after a while, and gives it up once no request has ended for longer; the function returned ends the watch. */
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

function stuck(): MoqError {
  return new MoqError(
    "timeout",
    `Expected one of ${MAX_FETCHES} fetches under way to end within ${TURN_TIMEOUT_MS} ms, none has`,
  );
}

function unfair([broadcast, places]: readonly [string, number]): MoqError {
  return new MoqError(
    "lagged",
    `Fetch of ${
      JSON.stringify(broadcast)
    } ended: others wait for one of its ${places} places`,
  );
}

/** One request and those who wait for its group or read it. */
class SharedFetch {
  readonly #latch = new Latch();
  readonly #over: LinkedController;
  readonly #leaving: Set<() => void> = new Set();
  #readers = 0;
  #group: GroupProducer | undefined;
  #hasEnded = false;
  #error: MoqError | undefined;

  /** Ends with `session` too. */
  constructor(session: AbortSignal) {
    this.#over = linked(session);
  }

  /** Aborts when no one is left who reads. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** One more reader, until `signal` aborts; resolves once the group has begun to come. */
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

  /** Ends it for the sake of others; `false` when it is being ended already. */
  giveUp(error: MoqError): boolean {
    if (this.#hasEnded || this.signal.aborted) return false;
    this.#over.abort(error);
    return true;
  }

  #leave(): void {
    this.#latch.wake();
    if (--this.#readers > 0 || this.#hasEnded) return;
    this.#over.abort(
      new MoqError("cancelled", "The fetched group is no longer read"),
    );
  }

  /** The group has begun to come. */
  begin(group: GroupProducer): void {
    this.#group = group;
    this.#latch.wake();
  }

  /** Nothing more comes; before the group began, because of `error`. */
  end(error?: MoqError): void {
    this.#hasEnded = true;
    this.#error = error;
    for (const release of this.#leaving) release();
    this.#leaving.clear();
    this.#over.release();
    this.#latch.wake();
  }
}
