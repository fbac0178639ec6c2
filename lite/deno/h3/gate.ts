/**
 * How many of something may be under way.
 *
 * @module
 */
import { Latch } from "../../latch.ts";

/** Counts what enters and leaves; whoever lets more in waits for room first. */
export class StreamGate {
  readonly #max: number;
  readonly #latch = new Latch();
  #inside = 0;

  /** Room for `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  /** One enters, room or not; returns the function by which it leaves, to be called once. */
  enter(): () => void {
    this.#inside++;
    return () => {
      this.#inside--;
      this.#latch.wake();
    };
  }

  /** Waits until there is room for one more. */
  async room(): Promise<void> {
    while (this.#inside >= this.#max) await this.#latch.changed();
  }
}
