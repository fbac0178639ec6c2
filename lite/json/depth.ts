/**
 * Limits on the depth and size of JSON from a peer.
 *
 * @module
 */
import { MoqError } from "../error.ts";

/** Deepest nesting of a value; deeper ones could exhaust the stack of recursive programs. */
export const MAX_JSON_DEPTH = 64;

/** Throws `MoqError("decode")` if `value` nests deeper than {@linkcode MAX_JSON_DEPTH}. */
export function checkDepth(value: unknown): void {
  countFields(value);
}

/** The number of fields and array elements in `value`, on all levels; throws as {@linkcode checkDepth} does. */
export function countFields(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth === MAX_JSON_DEPTH) {
    throw new MoqError(
      "decode",
      `JSON nests deeper than ${MAX_JSON_DEPTH} levels`,
    );
  }
  const inner: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.values(value);
  let fields = inner.length;
  for (const one of inner) fields += countFields(one, depth + 1);
  return fields;
}
