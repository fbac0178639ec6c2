/**
 * QUIC handshakes that are not complete yet, bounded in number and time. RFC
 * 9000, section 8.1: no client has proved yet that it has the address it sends from.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, sleep, systemClock } from "../time.ts";
import { NativeMemory } from "./native_memory.ts";

/** Options of {@linkcode Handshakes}. */
interface HandshakesOptions {
  /** How many the runtime may hold at once, those that have just failed included. Default 1024. */
  readonly max?: number | undefined;
  /** How long one may take, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** How handshakes went. */
export interface HandshakeCounts {
  /** Under way now. */
  readonly underway: number;
  /** Complete so far. */
  readonly complete: number;
  /** Failed so far, or given up. */
  readonly failed: number;
  /** Ignored so far, because too many others were held. */
  readonly ignored: number;
}

const DEFAULT_MAX = 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
/** How long one may take while there is a crowd. A client is done after a round trip. */
const GRACE_MS = 1000;
/** How long the runtime holds what it has closed: three probe timeouts of a path it knows nothing of. RFC 9000, section 10.2. */
const HELD_MS = 3500;

/**
 * Completes handshakes. The runtime takes 180 KB for one with the streams of a
 * relay, and keeps it for seconds after its end, so one too many is ignored
 * before it takes any: its client asks again after a second. The second half of
 * the places is given away one at a time, as fast as they become free again, so
 * that a flood leaves the door open for a moment many times a second.
 */
export class Handshakes {
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #memory = new NativeMemory();
  // Since when; a map keeps the order of entry.
  readonly #open: Map<Deno.QuicConn, number> = new Map();
  // Ended and still held; each cancels its timer.
  readonly #ended: Set<() => void> = new Set();
  #admittedMs = -Infinity;
  #cancelSweep: (() => void) | undefined;
  #isClosed = false;
  #complete = 0;
  #failed = 0;
  #ignored = 0;

  /** None under way. */
  constructor(options: HandshakesOptions = {}) {
    this.#max = options.max ?? DEFAULT_MAX;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#clock = options.clock ?? systemClock;
  }

  /** How they went so far. */
  get counts(): HandshakeCounts {
    return {
      underway: this.#open.size,
      complete: this.#complete,
      failed: this.#failed,
      ignored: this.#ignored,
    };
  }

  /** The connection, once its handshake is complete. Throws `MoqError("lagged")` when it was ignored, `("timeout")` when it took too long or had to go, or what the runtime says of a client it does not understand. */
  async complete(incoming: Deno.QuicIncoming): Promise<Deno.QuicConn> {
    if (!this.#hasRoom()) {
      incoming.ignore();
      this.#ignored++;
      throw ignored(this.#max);
    }
    try {
      const conn = await this.#shake(incoming);
      this.#complete++;
      return conn;
    } catch (error) {
      this.#failed++;
      throw error;
    }
  }

  async #shake(incoming: Deno.QuicIncoming): Promise<Deno.QuicConn> {
    // Only what is accepted at once can be closed before it is complete: a client that repeats itself would hold on to it for ever.
    const conn = incoming.accept({ zeroRtt: true });
    let hasEnded = false;
    const end = (): void => {
      hasEnded = true;
      this.#memory.ended(conn);
    };
    conn.closed.then(end, end);
    this.#open.set(conn, this.#clock.now());
    const cancel = this.#clock.after(this.#timeoutMs, () => this.#drop(conn));
    let isOpen = false;
    let isComplete = false;
    try {
      await conn.handshake;
      // It resolves also when the connection has ended, which shows in the same turn of the event loop.
      await sleep(this.#clock, 0);
      isComplete = !hasEnded;
    } finally {
      cancel();
      isOpen = this.#open.delete(conn);
      if (isOpen && !isComplete) this.#hold();
    }
    if (!isOpen) throw late(this.#timeoutMs);
    if (hasEnded) await conn.closed;
    return conn;
  }

  /** Ends all of them. */
  close(): void {
    this.#isClosed = true;
    this.#cancelSweep?.();
    for (const conn of this.#open.keys()) this.#drop(conn);
    for (const cancel of this.#ended) cancel();
    this.#ended.clear();
  }

  /** Whether one more may be held. */
  #hasRoom(): boolean {
    const now = this.#clock.now();
    if (this.#isCrowded) {
      this.#sweepLater();
      const held = this.#open.size + this.#ended.size;
      const turnMs = (GRACE_MS + HELD_MS) / (this.#max / 2);
      if (held >= this.#max || now - this.#admittedMs < turnMs) return false;
    }
    this.#admittedMs = now;
    return true;
  }

  get #isCrowded(): boolean {
    return this.#open.size + this.#ended.size >= this.#max / 2;
  }

  /** Gives up those that have had their time, for as long as there is a crowd. */
  #sweepLater(): void {
    const [oldest] = this.#open.values();
    if (oldest === undefined || this.#cancelSweep) return;
    const ms = oldest + GRACE_MS - this.#clock.now();
    this.#cancelSweep = this.#clock.after(Math.max(0, ms), () => {
      this.#cancelSweep = undefined;
      if (!this.#isCrowded) return;
      const until = this.#clock.now() - GRACE_MS;
      for (const [conn, since] of this.#open) {
        if (since <= until) this.#drop(conn);
      }
      this.#sweepLater();
    });
  }

  /** One that has failed is held for a while. */
  #hold(): void {
    if (this.#isClosed) return;
    const cancel = this.#clock.after(
      HELD_MS,
      () => this.#ended.delete(cancel),
    );
    this.#ended.add(cancel);
  }

  #drop(conn: Deno.QuicConn): void {
    if (!this.#open.delete(conn)) return;
    this.#hold();
    conn.close({ closeCode: 0, reason: "Handshake took too long" });
  }
}

function ignored(max: number): MoqError {
  return new MoqError(
    "lagged",
    `Expected fewer than ${max} handshakes at once, ignored one more`,
  );
}

function late(timeoutMs: number): MoqError {
  return new MoqError(
    "timeout",
    `Expected a handshake within ${timeoutMs} ms and before many others, got none`,
  );
}
