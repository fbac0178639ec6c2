/**
 * Helpers for abort signals that leave no listeners on signals that outlive the
 * work.
 *
 * @module
 */

/** Runs `then` once when `signal` aborts, at once if it has aborted. The returned function undoes that; idempotent. */
export function onAbort(
  signal: AbortSignal | undefined,
  then: () => void,
): () => void {
  if (signal?.aborted) then();
  else signal?.addEventListener("abort", then, { once: true });
  return () => signal?.removeEventListener("abort", then);
}

/** Resolves when `signal` aborts. The listener stays until then: for a signal that ends with the work. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => onAbort(signal, resolve));
}

/**
 * The result of `work`; throws `signal.reason` as soon as `signal` aborts. `work`
 * continues, and its later result or failure is ignored.
 */
export function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(release);
  });
}

/** A controller that follows other signals; release it when the work has ended. */
export interface LinkedController {
  /** Aborts with the controller, or with the first of the others that does. */
  readonly signal: AbortSignal;
  /** Aborts `signal` and releases the controller. */
  abort(reason?: unknown): void;
  /** Removes the listeners from the other signals; does not abort `signal`. Idempotent. */
  release(): void;
}

/** A controller whose signal also aborts with each of `others`. */
export function linked(
  ...others: readonly (AbortSignal | undefined)[]
): LinkedController {
  const controller = new AbortController();
  const releases = others.map((other) =>
    onAbort(other, () => controller.abort(other?.reason))
  );
  const release = () => releases.forEach((release) => release());
  return {
    signal: controller.signal,
    abort: (reason) => {
      release();
      controller.abort(reason);
    },
    release,
  };
}
