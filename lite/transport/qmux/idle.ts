/**
 * Keep-alive and idle timeout of a qmux session, RFC 9000 section 10.1, without
 * the timer, which the session owns.
 *
 * @module
 */

/** The action that is due. */
type IdleAction = "ping" | "expire" | undefined;

/** Tracks the times of messages against the idle timeout, all in ms of one clock. */
export class IdleState {
  #timeoutMs: number;
  #active: number;
  #lastSent: number;
  #sendCounts = true;

  /** Starts at `now`; a timeout of 0 disables it. */
  constructor(timeoutMs: number, now: number) {
    this.#timeoutMs = timeoutMs;
    this.#active = now;
    this.#lastSent = now;
  }

  /** Applies the peer's timeout: the shorter one counts, 0 is none. */
  limit(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    this.#timeoutMs = this.#timeoutMs === 0
      ? timeoutMs
      : Math.min(this.#timeoutMs, timeoutMs);
  }

  /** A message was received: the only proof that the peer is alive. */
  received(now: number): void {
    this.#active = now;
    this.#sendCounts = true;
  }

  /** A message was sent; it counts once per received message, or our own pings would keep a dead session alive. */
  sent(now: number): void {
    this.#lastSent = now;
    if (!this.#sendCounts) return;
    this.#sendCounts = false;
    this.#active = now;
  }

  /** The action due at `now`: a ping after a third of the timeout without sending. */
  due(now: number): IdleAction {
    if (this.#timeoutMs === 0) return undefined;
    if (now >= this.#active + this.#timeoutMs) return "expire";
    return now >= this.#lastSent + this.#timeoutMs / 3 ? "ping" : undefined;
  }

  /** Ms from `now` until an action may be due; `undefined` for never. */
  nextIn(now: number): number | undefined {
    if (this.#timeoutMs === 0) return undefined;
    const next = Math.min(
      this.#active + this.#timeoutMs,
      this.#lastSent + this.#timeoutMs / 3,
    );
    return Math.max(1, Math.ceil(next - now));
  }
}
