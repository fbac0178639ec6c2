/**
 * How fast a member may write: a token bucket.
 *
 * @module
 */

/** What a member may write. */
export const MESSAGE_RATE = { burst: 30, perSecond: 5 } as const;

/** Counts what passes. */
export class FlowLimit {
  #left: number;
  #atMs: number;

  /** A full bucket at `nowMs`, and once so many `more` on top. */
  constructor(nowMs: number, more: number = 0) {
    this.#left = MESSAGE_RATE.burst + more;
    this.#atMs = nowMs;
  }

  /** Whether one more passes; that one is counted. */
  take(nowMs: number): boolean {
    const { burst, perSecond } = MESSAGE_RATE;
    const refill = (nowMs - this.#atMs) / 1000 * perSecond;
    const full = Math.max(burst, this.#left);
    this.#left = Math.min(full, this.#left + refill);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
