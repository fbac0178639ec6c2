/**
 * How everything here waits: a shared promise wakes all waiters, and each then
 * checks its condition again.
 *
 * @module
 */
import { onAbort } from "./signal.ts";

/** Wakes all waiters at once; wait on it, re-check the condition, loop. */
export class Latch {
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Resolves at the next {@linkcode Latch.wake}; one promise shared by all waiters. */
  changed(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Wakes all current waiters. */
  wake(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    waiting.resolve();
  }

  /** Makes an abort wake the waiters too; the returned function undoes that. */
  wakeOn(signal: AbortSignal | undefined): () => void {
    return onAbort(signal, () => this.wake());
  }
}
