/**
 * JSON merge patch, RFC 7396: computed from two values, and applied without
 * changing them.
 *
 * @module
 */

/** A JSON object with unknown fields. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is an object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `target` with `patch` applied: null removes, objects merge, everything else replaces. RFC 7396, section 2. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const fields = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, mergePatch(fields.get(name), value));
  }
  // With fromEntries a name like __proto__ is an ordinary field.
  return Object.fromEntries(fields);
}

/** Whether two JSON values are deeply equal. */
export function equalJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length &&
      one.every((value, index) => equalJson(value, other[index]));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length &&
    names.every((name) =>
      Object.hasOwn(other, name) && equalJson(one[name], other[name])
    );
}

function hasNull(value: unknown): boolean {
  if (!isJsonObject(value)) return value === null;
  return Object.values(value).some(hasNull);
}

/**
 * The patch that turns `from` into `to`; `undefined` if there is none: one of them is not an object, or a field becomes
 * null, which a patch would remove.
 */
export function diffJson(from: unknown, to: unknown): JsonObject | undefined {
  if (!isJsonObject(from) || !isJsonObject(to)) return undefined;
  const patch: [string, unknown][] = [];
  for (const name of Object.keys(from)) {
    if (!Object.hasOwn(to, name)) patch.push([name, null]);
  }
  for (const [name, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, name) ? from[name] : undefined;
    if (equalJson(before, value)) continue;
    if (isJsonObject(before) && isJsonObject(value)) {
      const inner = diffJson(before, value);
      if (!inner) return undefined;
      patch.push([name, inner]);
    } else if (hasNull(value)) return undefined;
    else patch.push([name, value]);
  }
  return Object.fromEntries(patch);
}
