/**
 * Divides long work for many peers into slices, so that no peer blocks the
 * others.
 *
 * @module
 */
import type { Clock } from "../time.ts";

/** Most steps in one request. */
export const SLICE_STEPS = 64;

/** Steps granted in one turn of the event loop, to all owners together. */
const TURN_STEPS = 256;

const NOW: Promise<void> = Promise.resolve();

interface Waiting {
  readonly steps: number;
  readonly begin: () => void;
}

/** Grants a bounded number of steps in each turn of the event loop, round-robin among owners. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: Map<unknown, Waiting[]> = new Map();
  #left = TURN_STEPS;

  /** `clock` provides turns of the event loop. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `owner` may do `steps`, at most {@linkcode SLICE_STEPS}; at once while this turn has steps left. */
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
      // The owner goes to the end of the line.
      this.#waiting.delete(owner);
      if (queue.length > 0) this.#waiting.set(owner, queue);
      begin();
    }
    if (this.#waiting.size > 0) this.#pause();
  }
}
