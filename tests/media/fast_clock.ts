/**
 * A clock that jumps to the next timer when everything else has finished: real-time
 * code runs as fast as possible, in the same order.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "@moq-deno/lite";

interface Timer {
  readonly atMs: number;
  readonly then: () => void;
}

/** Virtual milliseconds from 0. */
export class FastClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs = 0;
  #isTurning = false;

  /** Virtual time. */
  now(): number {
    return this.#nowMs;
  }

  /** Calls `then` after `ms` of virtual time. */
  after(ms: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, then };
    this.#timers.add(timer);
    this.#turn();
    return () => this.#timers.delete(timer);
  }

  #turn(): void {
    if (this.#isTurning || this.#timers.size === 0) return;
    this.#isTurning = true;
    // After the current turn of the event loop, hence after all promises that can settle now.
    setImmediate(() => {
      this.#isTurning = false;
      this.#fireNext();
      this.#turn();
    });
  }

  #fireNext(): void {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs < (next?.atMs ?? Infinity)) next = timer;
    }
    if (!next) return;
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.then();
  }
}
