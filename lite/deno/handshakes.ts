/**
 * QUIC handshakes in progress, limited in number and time. RFC 9000, section
 * 8.1: their clients have not proved their source addresses yet.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, sleep, systemClock } from "../time.ts";
import { NativeMemory } from "./native_memory.ts";

/** Options of {@linkcode Handshakes}. */
interface HandshakesOptions {
  /** Handshakes that the runtime may hold at once, recently failed ones included. Default 1024. */
  readonly max?: number | undefined;
  /** Timeout of a handshake, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Counts of handshakes. */
export interface HandshakeCounts {
  /** In progress. */
  readonly underway: number;
  /** Completed so far. */
  readonly complete: number;
  /** Failed or timed out so far. */
  readonly failed: number;
  /** Ignored so far because too many others were held. */
  readonly ignored: number;
}

const DEFAULT_MAX = 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Timeout while half of the places are taken. A client needs one round trip. */
const GRACE_MS = 1000;
/** How long the runtime holds a closed connection: three probe timeouts of an unmeasured path. RFC 9000, section 10.2. */
const HELD_MS = 3500;

/**
 * Completes handshakes. With a relay's stream limits the runtime allocates
 * 180 KB per handshake and keeps it for seconds after its end, so excess ones
 * are ignored before that: their clients try again after a second. The second
 * half of the places is given out one at a time, at the rate at which places
 * become free, so that some clients get in during a flood.
 */
export class Handshakes {
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #memory = new NativeMemory();
  // By start time, the oldest first.
  readonly #open: Map<Deno.QuicConn, number> = new Map();
  // Ended but still held by the runtime; each function cancels a timer.
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

  /** The counts so far. */
  get counts(): HandshakeCounts {
    return {
      underway: this.#open.size,
      complete: this.#complete,
      failed: this.#failed,
      ignored: this.#ignored,
    };
  }

  /** The connection, once its handshake is complete. Throws `MoqError("lagged")` if it was ignored, `("timeout")` if it took too long or was dropped for others, and the runtime's errors about bad clients. */
  async complete(incoming: Deno.QuicIncoming): Promise<Deno.QuicConn> {
    if (!this.#hasRoom()) {
      incoming.ignore();
      this.#ignored++;
      const message = `Too many handshakes at once, the limit is ${this.#max}`;
      throw new MoqError("lagged", message);
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
    // Only a 0-RTT connection can be closed before its handshake is complete: otherwise a client that repeats itself could hold it forever.
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
      // It also resolves when the connection has ended; `closed` then settles in the same turn of the event loop.
      await sleep(this.#clock, 0);
      isComplete = !hasEnded;
    } finally {
      cancel();
      isOpen = this.#open.delete(conn);
      if (isOpen && !isComplete) this.#hold();
    }
    if (!isOpen) {
      throw new MoqError(
        "timeout",
        `Handshake not complete in ${this.#timeoutMs} ms, or dropped for many others`,
      );
    }
    if (hasEnded) await conn.closed;
    return conn;
  }

  /** Drops all handshakes. */
  close(): void {
    this.#isClosed = true;
    this.#cancelSweep?.();
    for (const conn of this.#open.keys()) this.#drop(conn);
    for (const cancel of this.#ended) cancel();
    this.#ended.clear();
  }

  /** Whether there is room for one more. */
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

  /** Drops handshakes that are older than the short timeout, while half of the places are taken. */
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

  /** Counts a failed handshake for as long as the runtime holds it. */
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
