/**
 * Clocks are passed in: the system's in production, a virtual one in
 * simulations.
 *
 * @module
 */
import { linked, onAbort } from "./signal.ts";

/** A timeout as an abort signal. */
export interface Deadline {
  /** Aborts with a `TimeoutError` at the deadline. */
  readonly signal: AbortSignal;
  /** Releases the timer; idempotent. */
  clear(): void;
}

/** A monotonic clock with timers. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never decreases. */
  now(): number;
  /** Runs `then` once after `ms`; the returned function cancels it. */
  after(ms: number, then: () => void): () => void;
}

// The runtime fires longer timers at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The runtime's clock. Timers may have any length; throws `RangeError` for NaN. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, then) {
    if (Number.isNaN(ms)) {
      throw new RangeError("Expected a time in milliseconds, got NaN");
    }
    const end = performance.now() + ms;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (leftMs: number): void => {
      timer = leftMs <= MAX_TIMER_MS
        ? setTimeout(then, leftMs)
        : setTimeout(() => wait(end - performance.now()), MAX_TIMER_MS);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`; throws `signal.reason` as soon as that aborts. */
export function sleep(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancel = clock.after(ms, () => {
      release();
      resolve();
    });
    const release = onAbort(signal, () => {
      cancel();
      reject(signal?.reason);
    });
  });
}

/** A signal that aborts after `ms`, or with `signal` when that aborts first. */
export function deadline(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
): Deadline {
  const controller = linked(signal);
  const cancel = clock.after(ms, () => {
    controller.abort(
      new DOMException(`Nothing came within ${ms} ms`, "TimeoutError"),
    );
  });
  const clear = () => {
    cancel();
    controller.release();
  };
  onAbort(controller.signal, cancel);
  return { signal: controller.signal, clear };
}

/** Waits until one of `ends` resolves, at most `ms`. */
export async function within(
  clock: Clock,
  ms: number,
  ...ends: readonly Promise<unknown>[]
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  await Promise.race([promise, ...ends]);
  cancel();
}
