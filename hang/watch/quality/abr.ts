/**
 * When to change to a smaller or a larger rendition: soon down, slowly up, and
 * ever more slowly up again where that has failed.
 *
 * @module
 */
import type { AbrInput, Opinion } from "./abr_inputs.ts";

// One bad look is an accident, two of three are not.
const RECENT_LOOKS = 3;
const BAD_LOOKS = 2;
// What a change does shows after so long.
const SETTLE_MS = 4000;
const UP_AFTER_MS = 10_000;
const MAX_UP_AFTER_MS = 160_000;
// A larger rendition that is given up within so long was too large.
const FAILED_WITHIN_MS = 20_000;

/** What to do, and which inputs wanted it. */
interface AbrDecision {
  /** The direction. */
  readonly direction: "down" | "stay" | "up";
  /** The inputs that spoke for it. */
  readonly because: readonly AbrInput[];
}

const STAY: AbrDecision = { direction: "stay", because: [] };

/** Decides, look by look. An input without an opinion neither brings a change nor prevents one. */
export class AdaptiveBitrate {
  #bad: boolean[] = [];
  #goodSinceMs: number | undefined;
  #changedMs = -Infinity;
  #raisedMs = -Infinity;
  #upAfterMs = UP_AFTER_MS;

  /** One look, about twice a second. The caller follows a decision that it can follow and says so with {@linkcode AdaptiveBitrate.changed}. */
  decide(
    opinions: Readonly<Record<AbrInput, Opinion>>,
    nowMs: number,
  ): AbrDecision {
    const said = Object.entries(opinions) as [AbrInput, Opinion][];
    const naming = (opinion: Opinion) =>
      said.filter(([, one]) => one === opinion).map(([name]) => name);
    const [against, undecided] = [naming("down"), naming("stay")];
    const ready = naming("up");
    this.#bad.push(against.length > 0);
    if (this.#bad.length > RECENT_LOOKS) this.#bad.shift();
    const isGood = against.length === 0 && undecided.length === 0 &&
      ready.length > 0;
    if (!isGood) this.#goodSinceMs = undefined;
    else this.#goodSinceMs ??= nowMs;
    if (nowMs - this.#changedMs < SETTLE_MS) return STAY;
    if (this.#bad.filter(Boolean).length >= BAD_LOOKS) {
      return { direction: "down", because: against };
    }
    const isLongEnough = this.#goodSinceMs !== undefined &&
      nowMs - this.#goodSinceMs >= this.#upAfterMs;
    return isLongEnough ? { direction: "up", because: ready } : STAY;
  }

  /** The rendition was changed just now. */
  changed(direction: "down" | "up", nowMs: number): void {
    if (direction === "up") this.#raisedMs = nowMs;
    else if (nowMs - this.#raisedMs < FAILED_WITHIN_MS) {
      this.#upAfterMs = Math.min(MAX_UP_AFTER_MS, this.#upAfterMs * 2);
      this.#raisedMs = -Infinity;
    } else this.#upAfterMs = UP_AFTER_MS;
    this.#changedMs = nowMs;
    this.#bad = [];
    this.#goodSinceMs = undefined;
  }

  /** What was seen says nothing about what comes: playback was interrupted. */
  interrupted(nowMs: number): void {
    this.#changedMs = nowMs;
    this.#bad = [];
    this.#goodSinceMs = undefined;
  }
}
