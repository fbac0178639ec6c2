/**
 * Values that can be watched, and effects that run again when what they have
 * read changes. A plain function that reads signals is a derived value.
 *
 * ```ts
 * import { effect, Signal } from "@moq-deno/hang/signals";
 * import assert from "node:assert/strict";
 *
 * const volume = new Signal(0.5);
 * const isMuted = new Signal(false);
 * const gain = () => isMuted.get() ? 0 : volume.get();
 *
 * const heard: number[] = [];
 * const stop = effect(() => {
 *   heard.push(gain());
 * });
 * isMuted.set(true);
 * await Promise.resolve(); // effects run in a microtask, once however much changed
 * assert.deepEqual(heard, [0.5, 0]);
 * stop();
 * ```
 *
 * @module
 */

/** The read side of a signal. */
export interface ReadonlySignal<T> {
  /** The value now; an effect that runs will run again when it changes. */
  get(): T;
  /** The value now, unwatched. */
  peek(): T;
}

// Effects that set what they read would never stop.
const MAX_ROUNDS = 100;

let reading: Effect | undefined;
let queue: Set<Effect> = new Set();
let isScheduled = false;

/** A value that can be watched. */
export class Signal<T> implements ReadonlySignal<T> {
  readonly #readers: Set<Effect> = new Set();
  #value: T;

  /** Begins with `value`. */
  constructor(value: T) {
    this.#value = value;
  }

  /** The value now; an effect that runs will run again when it changes. */
  get(): T {
    reading?.read(this.#readers);
    return this.#value;
  }

  /** The value now, unwatched. */
  peek(): T {
    return this.#value;
  }

  /** Changes the value; effects do not run for the same one, as `Object.is` compares it. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const effect of this.#readers) schedule(effect);
  }
}

/**
 * Runs `run` now, and again in a microtask whenever a signal that it has read changes. What `run` returns is
 * called before the next run and at the end. The function returned ends it.
 */
export function effect(run: () => (() => void) | void): () => void {
  const made = new Effect(run);
  made.run();
  return () => made.end();
}

class Effect {
  readonly #run: () => (() => void) | void;
  #sources: Set<Set<Effect>> = new Set();
  #cleanup: (() => void) | void = undefined;
  #hasEnded = false;

  constructor(run: () => (() => void) | void) {
    this.#run = run;
  }

  read(readers: Set<Effect>): void {
    if (this.#hasEnded) return;
    readers.add(this);
    this.#sources.add(readers);
  }

  run(): void {
    if (this.#hasEnded) return;
    this.#release();
    const outer = reading;
    reading = this;
    try {
      this.#cleanup = this.#run();
    } finally {
      reading = outer;
    }
  }

  end(): void {
    this.#hasEnded = true;
    queue.delete(this);
    this.#release();
  }

  #release(): void {
    for (const readers of this.#sources) readers.delete(this);
    this.#sources = new Set();
    const cleanup = this.#cleanup;
    this.#cleanup = undefined;
    // What a cleanup reads is not watched.
    const outer = reading;
    reading = undefined;
    try {
      cleanup?.();
    } finally {
      reading = outer;
    }
  }
}

function schedule(effect: Effect): void {
  queue.add(effect);
  if (isScheduled) return;
  isScheduled = true;
  queueMicrotask(runQueue);
}

function runQueue(): void {
  isScheduled = false;
  for (let round = 0; queue.size > 0; round++) {
    if (round === MAX_ROUNDS) {
      queue = new Set();
      throw new RangeError(
        `Expected effects to settle within ${MAX_ROUNDS} rounds, they set what they read`,
      );
    }
    const effects = queue;
    queue = new Set();
    for (const one of effects) runSafely(one);
  }
}

function runSafely(one: Effect): void {
  try {
    one.run();
  } catch (error) {
    // The others still have to run; the failure surfaces as an uncaught one.
    reportError(error);
  }
}
