/**
 * The one way to wait: a shared promise that wakes everybody, who then look
 * again at the condition they wait for.
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

  /** Wakes whoever waits now. */
  wake(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    waiting.resolve();
  }

  /** Lets an abort wake the waiters too; returns the function that undoes it. */
  wakeOn(signal: AbortSignal | undefined): () => void {
    return onAbort(signal, () => this.wake());
  }
}
