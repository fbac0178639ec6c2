/**
 * A connection that reconnects whenever it is lost, with capped exponential
 * backoff and jitter. Publications and announcements outlive each session.
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

/** Options of a dialer. */
export interface DialSessionOptions {
  /** What the peer may read. */
  readonly readable: OriginScope;
  /** What the peer may publish. */
  readonly writable: OriginScope;
  /** Our hop id, the same for every session, so that peers recognize us. */
  readonly hop: bigint;
  /** Aborts the attempt. */
  readonly signal: AbortSignal;
}

/** Opens sessions. */
export interface SessionDialer {
  /** Connects once; throws if that fails. */
  dial(options: DialSessionOptions): Promise<Session>;
}

/** Options of {@linkcode Connection}. */
export interface ConnectionOptions {
  /** First delay after a failure, in milliseconds. Default 500. */
  readonly initialDelayMs?: number | undefined;
  /** Longest delay, in milliseconds. Default 10 s. */
  readonly maxDelayMs?: number | undefined;
  /** Used as both `local` and `remote`, instead of separate ones. */
  readonly origin?: Origin | undefined;
  /** Whether to retry after a refusal. Default `false`. */
  readonly retriesRefusals?: boolean | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
  /** Receives log messages. Default none. */
  readonly log?: Logger | undefined;
}

/** The status of a connection; also `connected` while a peer that asked us to move still serves. */
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

/** A session whose peer asked us to move, and serves until we have moved. */
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
  /** Local broadcasts: published on every session. */
  readonly local: Origin;
  /** The peer's broadcasts, over the current session. */
  readonly remote: Origin;
  /** Resolves when it was closed, or gave up because the peer refused with `unauthorized`; never rejects. */
  readonly closed: Promise<MoqError | undefined>;
  readonly #dialer: SessionDialer;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: ConnectionOptions;
  readonly #maxDelayMs: number;
  readonly #end = new AbortController();
  // Also aborts after a refusal.
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

  /** The current status. */
  get status(): ConnectionStatus {
    return this.#status;
  }

  /** The current session, if there is one. */
  get session(): Session | undefined {
    return this.#status.state === "connected"
      ? this.#status.session
      : undefined;
  }

  /** Publishes a local broadcast on every session. */
  publish(path: string, broadcast: BroadcastProducer): Publication {
    return this.local.scope().publish(path, broadcast);
  }

  /** The peer's broadcast at `path`, over the current session; errors appear when it is used. */
  consume(path: string): BroadcastConsumer {
    try {
      return this.remote.scope().consume(path);
    } catch (error) {
      const failed = new Broadcast({ cache: this.remote.cache });
      failed.close(asMoqError(error));
      return new BroadcastConsumer(failed);
    }
  }

  /** The peer's announcements under `prefix`: the current ones, then changes, over all sessions. Ends with `signal` or the connection. */
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

  /** Resolves when everything written so far has arrived over one session. Throws `signal.reason`, and the `MoqError` of a connection that ends before. */
  async flushed(signal?: AbortSignal): Promise<void> {
    for await (const { state } of this.statuses(signal)) {
      if (state !== "connected") continue;
      const { session } = this;
      if (await isFlushed(session, signal)) return;
    }
    signal?.throwIfAborted();
    throw await this.closed ??
      new MoqError("closed", "Connection ended before all data had arrived");
  }

  /** The current status, and each new one; a slow reader misses some. Ends with the connection. */
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

  /** Ends the connection. Idempotent. */
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
      // A session that lasted for a while was not a failed attempt.
      if (this.#clock.now() - startMs > this.#maxDelayMs) attempt = 1;
      if (before?.gone.aborted) attempt = 1;
      attempt = await this.#wait(attempt, error);
    }
    const final = signal.aborted ? undefined : error;
    this.#show({ state: "closed", error: final });
    this.#over.abort();
    return final;
  }

  /** Runs one session from dialling to its end; returns its error. */
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
      // A peer that asks us to move serves until we have moved: dial before it closes.
      const moving = session.goingAway.then(() => undefined);
      const error = await Promise.race([session.closed, moving]);
      if (!gone.aborted) this.#moving = { session, gone };
      return error;
    } catch (error) {
      return asMoqError(error, "transport");
    }
  }

  /** Closes `session` with the connection; the returned signal aborts when it has ended. */
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

  /** Waits before the next attempt and returns the number of attempts; starts again at 1 once a peer that asked us to move has closed. */
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

  /** Aborts with the connection, and when a peer that asked us to move has closed: attempts from before may not reach its successor. */
  #patience(): AbortSignal {
    const end = this.#end.signal;
    return this.#moving ? AbortSignal.any([end, this.#moving.gone]) : end;
  }
}

/** Whether `session` lasted until all data had arrived. */
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
