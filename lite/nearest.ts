/**
 * What a mistyped name was meant to be.
 *
 * @module
 */

/** How many letters must be inserted, removed or replaced to make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (above[j] ?? 0) + (letter === other ? 0 : 1);
      row.push(Math.min(replaced, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}

// Longer than any name there is: nothing is near it, and comparing would take long.
const MAX_NAME_LENGTH = 64;

/** The name of `names` that `name` was probably meant to be; `undefined` if none is near. */
export function nearest(
  name: string,
  names: Iterable<string>,
): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined;
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 4)) + 1;
  for (const candidate of names) {
    const steps = editDistance(name, candidate);
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}
