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

/** Grants steps to whoever asks, a bounded number of them in each turn of the event loop, and to each owner as often as to any other. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: Map<unknown, Waiting[]> = new Map();
  #left = TURN_STEPS;

  /** `clock` says when the next turn of the event loop is. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `owner` may do `steps`, at most {@linkcode SLICE_STEPS}: at once while few have been done since the last pause. */
  take(steps: number, owner: unknown): Promise<void> {
    if (this.#waiting.size === 0 && this.#left > 0) {
      this.#left -= steps;
      return NOW;
    }
    if (this.#waiting.size === 0) this.#pause();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { steps, begin: resolve };
    const queue = this.#waiting.get(owner);
    if (queue) queue.push(waiting);
    else this.#waiting.set(owner, [waiting]);
    return promise;
  }

  #pause(): void {
    this.#clock.after(0, () => this.#next());
  }

  #next(): void {
    this.#left = TURN_STEPS;
    while (this.#left > 0) {
      const [first] = this.#waiting;
      if (!first) return;
      const [owner, queue] = first;
      const { steps, begin } = queue.shift()!;
      this.#left -= steps;
      // Behind all others.
      this.#waiting.delete(owner);
      if (queue.length > 0) this.#waiting.set(owner, queue);
      begin();
    }
    if (this.#waiting.size > 0) this.#pause();
  }
}
