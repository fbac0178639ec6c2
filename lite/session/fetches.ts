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
import { linked, type SessionContext } from "./context.ts";

/** Requests under way at once. QUIC stacks allow 100 streams unless told otherwise, and most are for subscriptions. */
export const MAX_FETCHES = 32;
/** Fetches that may wait for one of those to end. */
export const MAX_WAITING_FETCHES = 1024;
/** How long they wait while none ends. */
const TURN_TIMEOUT_MS = 10_000;

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
export type FetchRequest = (signal: AbortSignal) => Promise<Arriving>;

/** Shares requests and gives them their turns. */
export class Fetches {
  readonly #context: Pick<SessionContext, "clock" | "signal" | "tasks">;
  readonly #shared: Map<string, SharedFetch> = new Map();
  // A set keeps the order of entry.
  readonly #waiting: Set<Turn> = new Set();
  #running = 0;
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
    // One that is being ended is of no use to whoever asks next.
    shared.signal.addEventListener("abort", forget, { once: true });
    const running = this.#run(shared, request).finally(forget);
    this.#context.tasks.run("fetch", running);
    return shared.join(signal);
  }

  async #run(shared: SharedFetch, request: FetchRequest): Promise<void> {
    try {
      await this.#enter(shared.signal);
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
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (this.#running < MAX_FETCHES) this.#running++;
    else await this.#awaitTurn(signal);
  }

  /** Hands the place of a request that has ended to whoever has waited longest. */
  #leave(): void {
    this.#endedMs = this.#context.clock.now();
    const [next] = this.#waiting;
    if (!next) return void this.#running--;
    this.#waiting.delete(next);
    next.hasCome = true;
    next.latch.wake();
  }

  async #awaitTurn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING_FETCHES) {
      throw new MoqError(
        "lagged",
        `Expected at most ${MAX_WAITING_FETCHES} fetches to wait for ${MAX_FETCHES} that are under way, got more`,
      );
    }
    const turn: Turn = { latch: new Latch(), hasCome: false, isLate: false };
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

  /** Gives `turn` up once no request has ended for a while; the function returned ends the watch. */
  #watch(turn: Turn): () => void {
    const { clock } = this.#context;
    const began = clock.now();
    let cancel = (): void => {};
    const look = (): void => {
      const quietMs = clock.now() - Math.max(began, this.#endedMs);
      turn.isLate = quietMs >= TURN_TIMEOUT_MS;
      if (turn.isLate) turn.latch.wake();
      else cancel = clock.after(TURN_TIMEOUT_MS - quietMs, look);
    };
    look();
    return () => cancel();
  }
}

/** A place in the queue. */
interface Turn {
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

/** One request and those who wait for its group or read it. */
class SharedFetch {
  readonly #latch = new Latch();
  readonly #controller: AbortController;
  readonly #done: () => void;
  readonly #leaving: Set<() => void> = new Set();
  #readers = 0;
  #group: GroupProducer | undefined;
  #hasEnded = false;
  #error: MoqError | undefined;

  /** Ends with `session` too. */
  constructor(session: AbortSignal) {
    const { controller, done } = linked(session);
    this.#controller = controller;
    this.#done = done;
  }

  /** Aborts when no one is left who reads. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** One more reader, until `signal` aborts; resolves once the group has begun to come. */
  async join(signal?: AbortSignal): Promise<GroupConsumer> {
    this.#readers++;
    const leave = (): void => this.#leave();
    const release = (): void => signal?.removeEventListener("abort", leave);
    this.#leaving.add(release);
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
    for (;;) {
      signal?.throwIfAborted();
      if (this.#group) return this.#group.consume();
      if (this.#error) throw this.#error;
      await this.#latch.changed();
    }
  }

  #leave(): void {
    this.#latch.wake();
    if (--this.#readers > 0 || this.#hasEnded) return;
    this.#controller.abort(
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
    this.#done();
    this.#latch.wake();
  }
}
