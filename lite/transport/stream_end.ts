/**
 * How a receiving half ended, so that reading it again says the same.
 *
 * @module
 */

/** The end of a receiving half: FIN, or `error`. */
export interface StreamEnd {
  /** Why it ended early. */
  readonly error?: Error | undefined;
}

/** What reading after `end` gives: `undefined` after FIN; throws the error of an early end. */
export function again({ error }: StreamEnd): undefined {
  if (error) throw error;
  return undefined;
}

/** Throws `RangeError` for a buffer that nothing can be read into. */
export function checkRoom({ byteLength }: Uint8Array): void {
  if (byteLength > 0) return;
  throw new RangeError("Expected room for at least one byte, got none");
}
