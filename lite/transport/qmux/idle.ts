/**
 * When a qmux session is to be kept alive and when it is dead, RFC 9000
 * section 10.1: pure bookkeeping, the session owns the timer.
 *
 * @module
 */

/** What is to be done now. */
type IdleAction = "ping" | "expire" | undefined;

/** Times of what was sent and received against the idle timeout; all in ms of one clock. */
export class IdleState {
  #timeoutMs: number;
  #active: number;
  #lastSent: number;
  #sendCounts = true;

  /** Counts from `now`; a timeout of 0 never comes. */
  constructor(timeoutMs: number, now: number) {
    this.#timeoutMs = timeoutMs;
    this.#active = now;
    this.#lastSent = now;
  }

  /** Takes the peer's timeout: the shorter of both counts, 0 is none. */
  limit(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    this.#timeoutMs = this.#timeoutMs === 0
      ? timeoutMs
      : Math.min(this.#timeoutMs, timeoutMs);
  }

  /** Something came: the only proof that the peer is there. */
  received(now: number): void {
    this.#active = now;
    this.#sendCounts = true;
  }

  /** Something left; it counts once per thing received, or our own pings would keep a dead peer alive. */
  sent(now: number): void {
    this.#lastSent = now;
    if (!this.#sendCounts) return;
    this.#sendCounts = false;
    this.#active = now;
  }

  /** What is due at `now`: a ping after a third of the timeout without sending. */
  due(now: number): IdleAction {
    if (this.#timeoutMs === 0) return undefined;
    if (now >= this.#active + this.#timeoutMs) return "expire";
    return now >= this.#lastSent + this.#timeoutMs / 3 ? "ping" : undefined;
  }

  /** Ms from `now` until something may be due; `undefined` for never. */
  nextIn(now: number): number | undefined {
    if (this.#timeoutMs === 0) return undefined;
    const next = Math.min(
      this.#active + this.#timeoutMs,
      this.#lastSent + this.#timeoutMs / 3,
    );
    return Math.max(1, Math.ceil(next - now));
  }
}
