/**
 * Commands that are ended while they wait.
 *
 * @module
 */

/** Runs `command`, whose waits throw when `signal` aborts: Ctrl-C and the end of the time are no failures. */
export async function untilEnded(
  signal: AbortSignal,
  command: Promise<void>,
): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!signal.aborted) throw error;
    const isReason = error === signal.reason ||
      (error instanceof Error && error.cause === signal.reason);
    if (!isReason) throw error;
  }
}
