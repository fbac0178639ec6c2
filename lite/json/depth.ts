/**
 * How deep JSON from a peer may nest, and how much it may hold.
 *
 * @module
 */
import { MoqError } from "../error.ts";

/** Deepest nesting of a value; a deeper one would exhaust the stack of a program that walks it. */
export const MAX_JSON_DEPTH = 64;

/** Throws `MoqError("decode")` when `value` nests deeper than {@linkcode MAX_JSON_DEPTH}. */
export function checkDepth(value: unknown): void {
  countFields(value);
}

/** The fields and array elements in `value`, all levels together; throws as {@linkcode checkDepth}. */
export function countFields(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth === MAX_JSON_DEPTH) {
    throw new MoqError(
      "decode",
      `Expected JSON nested at most ${MAX_JSON_DEPTH} deep, got deeper`,
    );
  }
  const inner: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.values(value);
  let fields = inner.length;
  for (const one of inner) fields += countFields(one, depth + 1);
  return fields;
}
