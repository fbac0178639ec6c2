/**
 * Work and values that last until an effect runs again or ends: each function
 * here returns what ends it.
 *
 * @module
 */
import type { Signal } from "./signal.ts";

/** Runs `run` until its signal aborts. A failure before that is a bug, and surfaces as an uncaught one. */
export function running(
  run: (signal: AbortSignal) => Promise<void>,
): () => void {
  const end = new AbortController();
  run(end.signal).catch((error) => {
    if (!end.signal.aborted) reportError(error);
  });
  return () => end.abort();
}

/** Keeps `value` in `signal`, then closes it. */
export function holding<Value extends { close(): void }>(
  signal: Signal<Value | undefined>,
  value: Value,
): () => void {
  signal.set(value);
  return () => {
    value.close();
    signal.set(undefined);
  };
}
