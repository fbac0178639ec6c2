/**
 * A connection that is made again whenever it is lost, with capped exponential
 * backoff and jitter. What is published and what is announced outlive the
 * single session.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import { type Logger, SILENT } from "../log.ts";
import {
  Broadcast,
  BroadcastConsumer,
  type BroadcastProducer,
} from "../model/broadcast.ts";
import { Origin } from "../model/origin.ts";
import type { Publication } from "../model/publication.ts";
import type { AnnounceEvent, OriginScope } from "../model/origin_scope.ts";
import { onAbort } from "../signal.ts";
import { type Clock, sleep, systemClock } from "../time.ts";
import { endedBefore, isAnnounced } from "./is_announced.ts";
import type { Session } from "./session.ts";

/** What a dialer is told. */
export interface DialSessionOptions {
  /** What the peer may read. */
  readonly readable: OriginScope;
  /** What the peer may publish to. */
  readonly writable: OriginScope;
  /** Our hop id, the same for every session, so that a peer knows us again. */
  readonly hop: bigint;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** Makes one session. */
export interface SessionDialer {
  /** Connects once; throws when that fails. */
  dial(options: DialSessionOptions): Promise<Session>;
}

/** Options of {@linkcode Connection}. */
export interface ConnectionOptions {
  /** First pause after a failure, in milliseconds. Default 500. */
  readonly initialDelayMs?: number | undefined;
  /** Longest pause. Default 10 s. */
  readonly maxDelayMs?: number | undefined;
  /** What every session serves and fills, in place of a `local` and a `remote` of its own. */
  readonly origin?: Origin | undefined;
  /** Whether a peer that will not let us in is asked again like any other. Default false. */
  readonly retriesRefusals?: boolean | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
}

/** How a connection is doing; `connected` also while a peer that asked us to move still serves. */
export type ConnectionStatus =
  | { readonly state: "connecting"; readonly attempt: number }
  | { readonly state: "connected"; readonly session: Session }
  | {
    readonly state: "waiting";
    readonly retryMs: number;
    readonly error: MoqError | undefined;
  }
  | { readonly state: "closed"; readonly error: MoqError | undefined };

const INITIAL_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/** A session whose peer asked us to move, and serves until we have. */
interface Moving {
  readonly session: Session;
  /** Aborts when it has ended. */
  readonly gone: AbortSignal;
}

/**
 * Keeps one session up. It has the methods of a {@linkcode Session}. What is
 * published stays published over new sessions. A read ends or throws with the
 * session: wait for {@linkcode Connection.whenAnnounced} and read again.
 */
export class Connection {
  /** Broadcasts of our own: published on every session. */
  readonly local: Origin;
  /** What the peer announces, over whichever session is up. */
  readonly remote: Origin;
  /** Resolves when it was closed, or gave up because the peer refused with `unauthorized`; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #dialer: SessionDialer;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: ConnectionOptions;
  readonly #maxDelayMs: number;
  readonly #end = new AbortController();
  // Also when it gave up by itself.
  readonly #over = new AbortController();
  readonly #latch = new Latch();
  #moving: Moving | undefined;
  #said: string | undefined;
  #status: ConnectionStatus = { state: "connecting", attempt: 1 };

  /** Begins to connect at once. */
  constructor(dialer: SessionDialer, options: ConnectionOptions = {}) {
    this.#dialer = dialer;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? SILENT;
    this.#options = options;
    this.#maxDelayMs = options.maxDelayMs ?? MAX_DELAY_MS;
    this.local = options.origin ?? new Origin({ clock: this.#clock });
    this.remote = options.origin ??
      new Origin({ clock: this.#clock, hop: this.local.hop });
    this.closed = this.#run();
  }

  /** How it is doing now. */
  get status(): ConnectionStatus {
    return this.#status;
  }

  /** The session that is up, if one is. */
  get session(): Session | undefined {
    return this.#status.state === "connected"
      ? this.#status.session
      : undefined;
  }

  /** Publishes a broadcast of our own on every session. */
  publish(path: string, broadcast: BroadcastProducer): Publication {
    return this.local.scope().publish(path, broadcast);
  }

  /** The peer's broadcast at `path`, over whichever session is up; what is wrong with it shows when it is used. */
  consume(path: string): BroadcastConsumer {
    try {
      return this.remote.scope().consume(path);
    } catch (error) {
      const failed = new Broadcast({ cache: this.remote.cache });
      failed.close(asMoqError(error));
      return new BroadcastConsumer(failed);
    }
  }

  /** What the peer announces under `prefix`, now and as it comes and goes, over whichever session is up. Ends with `signal` or the connection. */
  async *announced(
    prefix = "",
    signal?: AbortSignal,
  ): AsyncGenerator<AnnounceEvent, void> {
    const over = this.#over.signal;
    yield* this.remote.scope().announced(prefix, {
      signal: signal ? AbortSignal.any([over, signal]) : over,
    });
  }

  /** Resolves when the peer has a broadcast at `path`, published by another session. Throws `signal.reason`, and the `MoqError` of a connection that ends before. */
  async whenAnnounced(path: string, signal?: AbortSignal): Promise<void> {
    if (await isAnnounced(this.announced(path, signal))) return;
    signal?.throwIfAborted();
    throw await this.closed ?? endedBefore(path);
  }

  /** Resolves when all that was written so far has arrived over one session. Throws `signal.reason`, and the `MoqError` of a connection that ends before. */
  async flushed(signal?: AbortSignal): Promise<void> {
    for await (const { state } of this.statuses(signal)) {
      if (state !== "connected") continue;
      const { session } = this;
      if (await isFlushed(session, signal)) return;
    }
    signal?.throwIfAborted();
    throw await this.closed ??
      new MoqError("closed", "Connection ended before all had arrived");
  }

  /** How it is doing, now and whenever that changes; what nobody looked at in time is skipped. Ends with the connection. */
  async *statuses(
    signal?: AbortSignal,
  ): AsyncGenerator<ConnectionStatus, void> {
    const release = this.#latch.wakeOn(signal);
    let shown: ConnectionStatus | undefined;
    try {
      while (!signal?.aborted && shown?.state !== "closed") {
        if (shown === this.#status) await this.#latch.changed();
        else yield shown = this.#status;
      }
    } finally {
      release();
    }
  }

  /** Ends it for good. Idempotent. */
  close(): void {
    this.#end.abort(new MoqError("closed", "Connection was closed here"));
  }

  #show(status: ConnectionStatus): void {
    const isDown = status.state === "connecting" || status.state === "waiting";
    const { session } = isDown && this.#moving || {};
    this.#status = session ? { state: "connected", session } : status;
    this.#latch.wake();
  }

  async #run(): Promise<MoqError | undefined> {
    const { signal } = this.#end;
    let attempt = 0;
    let error: MoqError | undefined;
    while (!signal.aborted) {
      this.#show({ state: "connecting", attempt: ++attempt });
      const startMs = this.#clock.now();
      const before = this.#moving;
      error = await this.#connectOnce();
      if (signal.aborted) break;
      if (error?.code === "unauthorized" && !this.#options.retriesRefusals) {
        break;
      }
      // A session that held for a while was no failed attempt.
      if (this.#clock.now() - startMs > this.#maxDelayMs) attempt = 1;
      if (before?.gone.aborted) attempt = 1;
      attempt = await this.#wait(attempt, error);
    }
    const final = signal.aborted ? undefined : error;
    this.#show({ state: "closed", error: final });
    this.#over.abort();
    return final;
  }

  /** One session from dialling to its end; why it ended. */
  async #connectOnce(): Promise<MoqError | undefined> {
    const { hop } = this.local;
    try {
      const session = await this.#dialer.dial({
        readable: this.local.scope(),
        writable: this.remote.scope(),
        hop,
        signal: this.#patience(),
      });
      const gone = this.#closeAtEnd(session);
      this.#said = undefined;
      this.#show({ state: "connected", session });
      // A peer that asks us to move keeps serving until we have: dial before it closes.
      const moving = session.goingAway.then(() => undefined);
      const error = await Promise.race([session.closed, moving]);
      if (!gone.aborted) this.#moving = { session, gone };
      return error;
    } catch (error) {
      return asMoqError(error, "transport");
    }
  }

  /** Closes `session` with the connection; aborts when it has ended. */
  #closeAtEnd(session: Session): AbortSignal {
    const { signal } = this.#end;
    const gone = new AbortController();
    const release = onAbort(signal, () => session.close());
    session.closed.then(() => {
      release();
      if (this.#moving?.session === session) this.#moving = undefined;
      gone.abort();
    });
    return gone.signal;
  }

  /** Waits before the next attempt and returns how many there were: one, once a peer that asked us to move has gone and its successor may come. */
  async #wait(attempt: number, error: MoqError | undefined): Promise<number> {
    const { initialDelayMs = INITIAL_DELAY_MS } = this.#options;
    const delayMs = initialDelayMs * 2 ** (attempt - 1);
    const ceiling = Math.min(delayMs, this.#maxDelayMs);
    const retryMs = ceiling / 2 + Math.random() * ceiling / 2;
    const reason = error?.message;
    // A peer that stays away for the same reason is said once.
    const say = reason === this.#said ? this.#log.debug : this.#log.info;
    this.#said = reason;
    say?.("reconnecting", { retryMs, reason });
    this.#show({ state: "waiting", retryMs, error });
    const before = this.#moving;
    const signal = this.#patience();
    try {
      await sleep(this.#clock, retryMs, signal);
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
    const hasGone = before?.gone.aborted && !this.#end.signal.aborted;
    return hasGone ? await this.#wait(1, error) : attempt;
  }

  /** Aborts with the connection, and when a peer that asked us to move has gone: nothing that was begun before finds its successor. */
  #patience(): AbortSignal {
    const end = this.#end.signal;
    return this.#moving ? AbortSignal.any([end, this.#moving.gone]) : end;
  }
}

/** Whether `session` lasted until all had arrived. */
async function isFlushed(
  session: Session | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await session?.flushed(signal);
    return session !== undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MoqError) return false;
    throw error;
  }
}
