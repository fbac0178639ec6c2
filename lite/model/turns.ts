/**
 * Turns: work of many peers, done in small pieces, so that none of them keeps
 * the others waiting.
 *
 * @module
 */
import type { Clock } from "../time.ts";

/** Most steps to ask for at a time. */
export const SLICE_STEPS = 64;

/** Steps that all together may do in one turn of the event loop. */
const TURN_STEPS = 256;

const NOW: Promise<void> = Promise.resolve();

interface Waiting {
  readonly steps: number;
  readonly begin: () => void;
}

/** Grants steps to whoever asks, in order, a bounded number of them in each turn of the event loop. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #left = TURN_STEPS;

  /** `clock` says when the next turn of the event loop is. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the caller may do `steps`, at most {@linkcode SLICE_STEPS}: at once while few have been done since the last pause. */
  take(steps: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#left > 0) {
      this.#left -= steps;
      return NOW;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ steps, begin: resolve });
    if (this.#waiting.length === 1) this.#pause();
    return promise;
  }

  #pause(): void {
    this.#clock.after(0, () => this.#next());
  }

  #next(): void {
    this.#left = TURN_STEPS;
    let begun = 0;
    while (this.#left > 0 && begun < this.#waiting.length) {
      const { steps, begin } = this.#waiting[begun++]!;
      this.#left -= steps;
      begin();
    }
    this.#waiting.splice(0, begun);
    if (this.#waiting.length > 0) this.#pause();
  }
}
