/**
 * Limits how many operations are in progress.
 *
 * @module
 */
import { Latch } from "../../latch.ts";

/** Counts operations in progress; wait for `room` before starting more. */
export class StreamGate {
  readonly #max: number;
  readonly #latch = new Latch();
  #inside = 0;

  /** Has room for `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one more, room or not; call the returned function once when it is done. */
  enter(): () => void {
    this.#inside++;
    return () => {
      this.#inside--;
      this.#latch.wake();
    };
  }

  /** Resolves when there is room for one more. */
  async room(): Promise<void> {
    while (this.#inside >= this.#max) await this.#latch.changed();
  }
}
