/**
 * JSON merge patch, RFC 7396, without mutation: what a delta frame of a
 * catalog group does to the object before it.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { isObject } from "./fields.ts";

/** Deepest nesting of a catalog; deeper ones would exhaust the stack of whoever walks them. */
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

/** `target` with `patch` applied: null removes, objects merge, everything else replaces. RFC 7396, section 2. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const fields = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, mergePatch(fields.get(name), value));
  }
  // Through fromEntries a name like __proto__ is a field as any other.
  return Object.fromEntries(fields);
}
