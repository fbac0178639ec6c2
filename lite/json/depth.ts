/**
 * How deep JSON from a peer may nest.
 *
 * @module
 */
import { MoqError } from "../error.ts";

/** Deepest nesting of a value; deeper ones would exhaust the stack of whoever walks them. */
export const MAX_JSON_DEPTH = 64;

/** Throws `MoqError("decode")` when `value` nests deeper than {@linkcode MAX_JSON_DEPTH}. */
export function checkDepth(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth === MAX_JSON_DEPTH) {
    throw new MoqError(
      "decode",
      `Expected JSON nested at most ${MAX_JSON_DEPTH} deep, got deeper`,
    );
  }
  for (const inner of Object.values(value)) checkDepth(inner, depth + 1);
}
