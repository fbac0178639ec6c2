/**
 * QUIC handshakes that are not complete yet, bounded in number and time. RFC
 * 9000, section 8.1: nobody has proved yet that it has the address it sends from.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, sleep, systemClock } from "../time.ts";

/** Options of {@linkcode Handshakes}. */
export interface HandshakesOptions {
  /** How many there may be. Default 1024. */
  readonly max?: number | undefined;
  /** How long one may take, in milliseconds. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Time. */
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
}

const DEFAULT_MAX = 1024;
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Completes handshakes. One too many ends the oldest and not itself: an honest
 * client is done after a round trip, so a flood of those that never are keeps
 * nobody out.
 */
export class Handshakes {
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  // A set keeps the order of entry.
  readonly #open: Set<Deno.QuicConn> = new Set();
  #complete = 0;
  #failed = 0;

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
    };
  }

  /** The connection, once its handshake is complete. Throws `MoqError("timeout")` when it took too long or had to go, or what the runtime says of a client it does not understand. */
  async complete(incoming: Deno.QuicIncoming): Promise<Deno.QuicConn> {
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
    const end = (): void => void (hasEnded = true);
    conn.closed.then(end, end);
    this.#open.add(conn);
    this.#makeRoom();
    const cancel = this.#clock.after(this.#timeoutMs, () => this.#drop(conn));
    let isOpen = false;
    try {
      await conn.handshake;
      // It resolves also when the connection has ended, which shows in the same turn of the event loop.
      await sleep(this.#clock, 0);
    } finally {
      cancel();
      isOpen = this.#open.delete(conn);
    }
    if (!isOpen) throw late(this.#timeoutMs);
    if (hasEnded) await conn.closed;
    return conn;
  }

  /** Ends all of them. */
  close(): void {
    for (const conn of this.#open) this.#drop(conn);
  }

  #makeRoom(): void {
    if (this.#open.size <= this.#max) return;
    const [oldest] = this.#open;
    this.#drop(oldest!);
  }

  #drop(conn: Deno.QuicConn): void {
    if (!this.#open.delete(conn)) return;
    conn.close({ closeCode: 0, reason: "Handshake took too long" });
  }
}

function late(timeoutMs: number): MoqError {
  return new MoqError(
    "timeout",
    `Expected a handshake within ${timeoutMs} ms and before many others, got none`,
  );
}
