/**
 * A clock for simulations that only advances when told to: hours take
 * milliseconds, and every run is identical.
 *
 * @module
 */
import { firstPlace } from "../search.ts";
import type { Clock } from "../time.ts";

/** Options of {@linkcode VirtualClock.run}. */
export interface RunOptions {
  /** Timeout in virtual milliseconds. Default ten minutes. */
  readonly limitMs?: number | undefined;
}

interface Timer {
  readonly at: number;
  readonly then: () => void;
}

const TEN_MINUTES_MS = 600_000;
// Real event loop turns for work outside this clock, such as WebCrypto, before the run counts as stuck.
const MAX_REAL_TURNS = 1000;

/**
 * A clock that stands still until it is advanced. Timers run in order, and all
 * work that one causes settles before the next.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { sleep } from "../time.ts";
 * import { VirtualClock } from "./virtual_clock.ts";
 *
 * const clock = new VirtualClock();
 * await clock.run(sleep(clock, 3_600_000), { limitMs: 4_000_000 });
 * assert.equal(clock.now(), 3_600_000);
 * ```
 */
export class VirtualClock implements Clock {
  // Sorted by time in descending order, so that the next timer is the last.
  readonly #timers: Timer[] = [];
  #now = 0;

  /** Virtual milliseconds since it was made. */
  now(): number {
    return this.#now;
  }

  /** Runs `then` after `ms` of virtual time. */
  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), then };
    const timers = this.#timers;
    // Before all that are due at the same time or sooner.
    const place = firstPlace(timers.length, (i) => timers[i]!.at <= timer.at);
    timers.splice(place, 0, timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  }

  /** Advances by `ms` and runs the due timers. One caller at a time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    while (this.#step(end)) await turn();
    this.#now = end;
  }

  /** Advances until `promise` settles and returns its result; throws `RangeError` if it is still pending at the limit or no timers are left. */
  async run<T>(promise: Promise<T>, options: RunOptions = {}): Promise<T> {
    const limitMs = options.limitMs ?? TEN_MINUTES_MS;
    const end = this.#now + limitMs;
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    let realTurns = 0;
    for (await turn(); !isSettled; await turn()) {
      if (this.#step(end)) {
        realTurns = 0;
      } else if (this.#timers.length > 0 || ++realTurns > MAX_REAL_TURNS) {
        throw new RangeError(
          `Not settled within ${limitMs} virtual ms, ${this.#timers.length} timers left`,
        );
      } else {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    return promise;
  }

  /** Runs the next timer unless it is later than `end`. */
  #step(end: number): boolean {
    const next = this.#timers.at(-1);
    if (!next || next.at > end) return false;
    this.#timers.pop();
    this.#now = next.at;
    next.then();
    return true;
  }
}

type Immediate = (then: () => void) => unknown;

// A message channel would not wait a turn: Deno delivers its messages between promises.
const { setImmediate = (then: () => void): unknown => setTimeout(then, 0) } =
  globalThis as { readonly setImmediate?: Immediate };

/** Waits one turn of the event loop, in which every promise that can settle does. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
