/**
 * How much longer than asked for media has to be held, because it keeps coming
 * late: a publisher that sends in bursts, tracks that are not sent side by
 * side, a network that jitters. A single outage is no reason.
 *
 * @module
 */

const LOOK_MS = 500;
// Late in three looks of the last five: it is not going to be better by itself.
const LOOKS = 5;
const LATE_LOOKS = 3;
const LATE_SHARE = 0.1;
// The longest delay of the last one to two windows is still to be expected.
const WINDOW_MS = 15_000;
const SLEW_MS_PER_S = 5;
const MAX_EXTRA_MS = 3000;

interface Look {
  readonly samples: number;
  readonly late: number;
  /** The longest delay in milliseconds. */
  readonly worstMs: number;
}

const NO_LOOK: Look = { samples: 0, late: 0, worstMs: 0 };

/** Learns from the delays of samples. */
export class Lateness {
  #extraMs = 0;
  #look = NO_LOOK;
  #looks: Look[] = [];
  #lookMs: number | undefined;
  #windowMs = 0;
  #worstMs = 0;
  #lastWorstMs = 0;

  /** How much longer media is to be held, in milliseconds. */
  get extraMs(): number {
    return this.#extraMs;
  }

  /** Begins anew. */
  reset(): void {
    this.#extraMs = 0;
    this.forgive();
    this.#worstMs = 0;
    this.#lastWorstMs = 0;
  }

  /** Forgets what was late until now, without giving back what was learnt. */
  forgive(): void {
    this.#look = NO_LOOK;
    this.#looks = [];
    this.#lookMs = undefined;
  }

  /** A sample came `delayMs` after the fastest would have; `latencyMs` was asked for. */
  note(
    delayMs: number,
    { nowMs, latencyMs }: {
      readonly nowMs: number;
      readonly latencyMs: number;
    },
  ): void {
    this.#lookMs ??= nowMs;
    if (nowMs - this.#lookMs >= LOOK_MS) {
      const seconds = Math.min(2, (nowMs - this.#lookMs) / 1000);
      this.#lookMs = nowMs;
      this.#conclude(latencyMs, { nowMs, seconds });
    }
    const { samples, late, worstMs } = this.#look;
    const isLate = delayMs > latencyMs + this.#extraMs;
    this.#look = {
      samples: samples + 1,
      late: late + (isLate ? 1 : 0),
      worstMs: Math.max(worstMs, delayMs),
    };
  }

  #conclude(
    latencyMs: number,
    { nowMs, seconds }: { readonly nowMs: number; readonly seconds: number },
  ): void {
    const look = this.#look;
    this.#look = NO_LOOK;
    this.#looks.push(look);
    if (this.#looks.length > LOOKS) this.#looks.shift();
    if (nowMs - this.#windowMs > WINDOW_MS) {
      this.#windowMs = nowMs;
      this.#lastWorstMs = this.#worstMs;
      this.#worstMs = 0;
    }
    this.#worstMs = Math.max(this.#worstMs, look.worstMs);
    const late = this.#looks.filter(({ samples, late }) =>
      late > samples * LATE_SHARE
    );
    if (late.length >= LATE_LOOKS) {
      const worstMs = Math.max(...late.map((one) => one.worstMs));
      this.#extraMs = Math.min(MAX_EXTRA_MS, Math.max(0, worstMs - latencyMs));
      this.#looks = [];
      return;
    }
    const neededMs = Math.max(this.#worstMs, this.#lastWorstMs) - latencyMs;
    const lessMs = this.#extraMs - seconds * SLEW_MS_PER_S;
    if (lessMs > neededMs) this.#extraMs = Math.max(0, lessMs);
  }
}
