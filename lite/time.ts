/**
 * Time as a thing that is handed in: the system's clock in production, a
 * virtual one in simulations.
 *
 * @module
 */

/** A deadline: its signal aborts when the time has passed; `clear` frees the timer. */
export interface Deadline {
  /** Aborts with a `TimeoutError` when the time has passed. */
  readonly signal: AbortSignal;
  /** Releases the timer; idempotent. */
  clear(): void;
}

/** Monotonic milliseconds and timers on them. */
export interface Clock {
  /** Milliseconds since an arbitrary start, never going back. */
  now(): number;
  /** Runs `then` once after `ms`; the function returned cancels it. */
  after(ms: number, then: () => void): () => void;
}

/** The runtime's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
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
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A signal that aborts after `ms`, or with `signal` when that aborts first. */
export function deadline(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
): Deadline {
  const controller = new AbortController();
  const onAbort = () => {
    cancel();
    controller.abort(signal?.reason);
  };
  const cancel = clock.after(ms, () => {
    signal?.removeEventListener("abort", onAbort);
    controller.abort(
      new DOMException(`Nothing came within ${ms} ms`, "TimeoutError"),
    );
  });
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    clear() {
      cancel();
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
