/**
 * A fast clock that stands still until it is opened.
 *
 * @module
 */
import { FastClock } from "./fast_clock.ts";

/** Virtual milliseconds that start to pass when the clock is opened. */
export class GatedClock extends FastClock {
  readonly #gate = Promise.withResolvers<void>();

  /** Lets time pass. */
  open(): void {
    this.#gate.resolve();
  }

  /** Calls `then` after `ms` of virtual time, counted from the opening at the earliest. */
  override after(ms: number, then: () => void): () => void {
    let cancel: (() => void) | undefined;
    let isCancelled = false;
    this.#gate.promise.then(() => {
      if (!isCancelled) cancel = super.after(ms, then);
    });
    return () => {
      isCancelled = true;
      cancel?.();
    };
  }
}
