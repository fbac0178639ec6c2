/**
 * How long media is held: within its bounds the least with which all but the
 * odd sample are in time. Learnt from how much later than the fastest one each
 * sample comes: a publisher that sends in bursts, tracks that are not sent side
 * by side, a network that jitters. A single outage is ignored.
 *
 * @module
 */
import type { LatencyRange } from "./latency.ts";

const LOOK_MS = 500;
// Late in three looks of the last five: it is not going to be better by itself.
const RECENT_LOOKS = 5;
const LATE_LOOKS = 3;
const LATE_SHARE = 0.1;
// What was the worst in 20 s is still to be expected, but for the two looks that were worst of all.
const LOOKS = 40;
const OUTLIERS = 2;
// Before anything is known.
const FIRST_GUESS_MS = 100;
// A timer that fires a little late must not make a sample late.
const MARGIN_MS = 8;
// Half a percent is not heard; one and a half are less of an evil than to be far from live for minutes.
const SLEW_MS_PER_S = 5;
const FAST_SLEW_MS_PER_S = 15;
const FAR_MS = 100;

interface Look {
  readonly samples: number;
  readonly late: number;
  /** The longest delay in milliseconds. */
  readonly worstMs: number;
}

const NO_LOOK: Look = { samples: 0, late: 0, worstMs: 0 };

/** Learns from the delays of samples. */
export class PlayoutDelay {
  #range: LatencyRange;
  #ms: number;
  #look = NO_LOOK;
  #looks: Look[] = [];
  #lookMs: number | undefined;

  /** Within `range`, which is one value when its bounds are the same. */
  constructor(range: LatencyRange) {
    this.#range = range;
    this.#ms = clamp(FIRST_GUESS_MS, range);
  }

  /** How long media is held now, in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** The bounds; with new ones media is held at once as what was learnt says. */
  get range(): LatencyRange {
    return this.#range;
  }
  set range(range: LatencyRange) {
    const { minMs, maxMs } = this.#range;
    if (minMs === range.minMs && maxMs === range.maxMs) return;
    this.#range = range;
    const isKnown = this.#looks.length >= RECENT_LOOKS;
    this.#ms = clamp(isKnown ? this.#wantedMs : FIRST_GUESS_MS, range);
  }

  /** The delay in milliseconds that all but the odd sample stay below, 0 before anything is known. */
  get jitterMs(): number {
    const worst = this.#looks.map(({ worstMs }) => worstMs)
      .sort((one, other) => other - one);
    const outliers = Math.min(OUTLIERS, Math.floor(worst.length / 4));
    return worst[outliers] ?? 0;
  }

  /** Forgets what was learnt. */
  reset(): void {
    this.#ms = clamp(FIRST_GUESS_MS, this.#range);
    this.#looks = [];
    this.forgive();
  }

  /** Something else is to be in time too: until it is known what that takes, media is held for as long as at the beginning at least. */
  guess(): void {
    this.#ms = Math.max(this.#ms, clamp(FIRST_GUESS_MS, this.#range));
    this.#looks = [];
    this.forgive();
  }

  /** Forgets the look that has begun, without giving back what was learnt before. */
  forgive(): void {
    this.#look = NO_LOOK;
    this.#lookMs = undefined;
  }

  /** A sample was ready `delayMs` after the fastest would have been. */
  note(delayMs: number, nowMs: number): void {
    this.#lookMs ??= nowMs;
    const elapsedMs = nowMs - this.#lookMs;
    if (elapsedMs >= LOOK_MS) {
      this.#lookMs = nowMs;
      this.#conclude(Math.min(2, elapsedMs / 1000));
    }
    const { samples, late, worstMs } = this.#look;
    this.#look = {
      samples: samples + 1,
      late: late + (delayMs > this.#ms ? 1 : 0),
      worstMs: Math.max(worstMs, delayMs),
    };
  }

  get #wantedMs(): number {
    return this.jitterMs + MARGIN_MS;
  }

  #conclude(seconds: number): void {
    this.#looks.push(this.#look);
    this.#look = NO_LOOK;
    if (this.#looks.length > LOOKS) this.#looks.shift();
    const late = this.#looks.slice(-RECENT_LOOKS)
      .filter(({ samples, late }) => late > samples * LATE_SHARE);
    if (late.length >= LATE_LOOKS) {
      // The median, so that an outage among them is ignored.
      const worst = late.map(({ worstMs }) => worstMs).sort((a, b) => a - b);
      const wantedMs = worst[worst.length >> 1]! + MARGIN_MS;
      this.#ms = clamp(Math.max(this.#ms, wantedMs), this.#range);
      return;
    }
    const differenceMs = clamp(this.#wantedMs, this.#range) - this.#ms;
    const isFar = differenceMs < -FAR_MS;
    const stepMs = seconds * (isFar ? FAST_SLEW_MS_PER_S : SLEW_MS_PER_S);
    this.#ms += Math.max(-stepMs, Math.min(stepMs, differenceMs));
  }
}

function clamp(ms: number, { minMs, maxMs }: LatencyRange): number {
  return Math.min(maxMs, Math.max(minMs, ms));
}
