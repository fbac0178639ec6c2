/**
 * Waiting for what knows no signal.
 *
 * @module
 */

/** What `wait` gives, or `signal.reason` as soon as that aborts; what comes of `wait` afterwards is nobody's. */
export function abortable<T>(
  wait: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return wait;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const release = () => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    wait.then(resolve, reject).finally(release);
  });
}
