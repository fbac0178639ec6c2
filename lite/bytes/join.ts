/**
 * Joining and comparing bytes.
 *
 * @module
 */

/** Whether both have the same bytes. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength &&
    one.every((byte, at) => byte === other[at]);
}

/** A copy of all `parts`, in order. */
export function joinBytes(
  parts: readonly ArrayLike<number>[],
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
