/**
 * How long a decoder takes for a picture, which has to be held for so much
 * longer.
 *
 * @module
 */

// One slow picture is remembered for a second or two.
const FADE = 0.97;
const MAX_PENDING = 64;
// A decoder that takes longer has other work, or was asleep.
const MAX_MS = 200;

/** Learns from pictures by presentation time. */
export class DecodeCost {
  readonly #begun: Map<number, number> = new Map();
  #ms = 0;

  /** Milliseconds to reckon with, 0 before anything is known. */
  get ms(): number {
    return this.#ms;
  }

  /** A picture was given to the decoder. */
  begin(timestampUs: number, nowMs: number = performance.now()): void {
    this.#begun.set(timestampUs, nowMs);
    if (this.#begun.size <= MAX_PENDING) return;
    const [oldest] = this.#begun.keys();
    this.#begun.delete(oldest!);
  }

  /** It came out. */
  end(timestampUs: number, nowMs: number = performance.now()): void {
    const begunMs = this.#begun.get(timestampUs);
    if (begunMs === undefined) return;
    this.#begun.delete(timestampUs);
    const tookMs = Math.min(MAX_MS, nowMs - begunMs);
    this.#ms = Math.max(tookMs, this.#ms * FADE);
  }
}
