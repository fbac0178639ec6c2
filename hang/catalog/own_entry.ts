/**
 * Looking up what a peer has named: `constructor` and `__proto__` are names
 * like any other.
 *
 * @module
 */

/** The entry that `entries` itself has under `name`. */
export function ownEntry<T>(
  entries: Readonly<Record<string, T>> | undefined,
  name: string,
): T | undefined {
  return entries && Object.hasOwn(entries, name) ? entries[name] : undefined;
}
