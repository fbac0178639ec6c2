/**
 * How many bits per second may be encoded: as many as the renditions ask for,
 * and fewer while the path to the relay cannot carry them.
 *
 * @module
 */
import type { PathState } from "@moq-deno/lite/internal";

/** A rate of 0 is unknown. */
type PathFacts = Pick<PathState, "bitrateBps" | "isCongested">;

const MIN_BPS = 60_000;
// Room for sound of others, control and the headers of packets.
const HEADROOM = 0.85;
const BACK_OFF = 0.7;
const GROWTH_PER_SECOND = 0.08;
// One cut has to show before the next one.
const CUT_INTERVAL_MS = 1000;

/** Follows the path down at once and up slowly. */
export class BitrateBudget {
  #bps = Infinity;
  #updatedMs: number | undefined;
  #cutMs = -Infinity;

  /** Bits per second for everything that is encoded; `Infinity` while the path is no limit. */
  get bps(): number {
    return this.#bps;
  }

  /** The share, above 0 and up to 1, that each gets of what it wants when all together want `wantedBps`. */
  shareOf(wantedBps: number): number {
    return wantedBps > this.#bps ? this.#bps / wantedBps : 1;
  }

  /** Looks at the path at `nowMs`; `wantedBps` is what all that is encoded would like. */
  update(path: PathFacts, wantedBps: number, nowMs: number): void {
    const elapsedMs = nowMs - (this.#updatedMs ?? nowMs);
    this.#updatedMs = nowMs;
    if (path.isCongested) this.#cut(path.bitrateBps, wantedBps, nowMs);
    else this.#grow(wantedBps, elapsedMs);
  }

  /** Another path: what was known of the old one is forgotten. */
  reset(): void {
    this.#bps = Infinity;
    this.#updatedMs = undefined;
    this.#cutMs = -Infinity;
  }

  #cut(carriedBps: number, wantedBps: number, nowMs: number): void {
    if (nowMs - this.#cutMs < CUT_INTERVAL_MS) return;
    this.#cutMs = nowMs;
    const nowBps = Math.min(this.#bps, wantedBps);
    // An unknown rate is no reason to go to the lowest.
    const nextBps = carriedBps > 0
      ? Math.min(nowBps, carriedBps * HEADROOM)
      : nowBps * BACK_OFF;
    this.#bps = Math.max(MIN_BPS, nextBps);
  }

  #grow(wantedBps: number, elapsedMs: number): void {
    this.#bps *= 1 + GROWTH_PER_SECOND * Math.min(1, elapsedMs / 1000);
    if (this.#bps >= wantedBps) this.#bps = Infinity;
  }
}
