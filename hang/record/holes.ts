/**
 * Which groups a subscription has passed over, so that they can be fetched.
 *
 * @module
 */

// Groups overtake each other a little.
const LAG = 3;
// More at once is no hole but another way of counting.
const MAX_HOLE = 512;
// How far a group may have been overtaken when the take before was cut off.
const RECENT = 64;

/**
 * The first number that a take that goes on with a recording should look at: groups were in flight when it was cut off,
 * and newer ones may have come before. `undefined` where nothing of this numbering is recorded, which begins at `base`.
 */
export function firstToCheck(
  { highest, entries }: {
    readonly highest: number;
    readonly entries: readonly { readonly sequence: number }[];
  },
  base: number,
): number | undefined {
  if (highest < base) return undefined;
  const oldest = entries[0]?.sequence ?? highest;
  return Math.max(0, oldest - base, highest + 1 - RECENT - base);
}

/** Looks at each group number of one track once. */
export class Holes {
  #next: number | undefined;

  /** Numbers before `next` are of no interest; from the first group on when it is not given. */
  constructor(next?: number) {
    this.#next = next;
  }

  /** Numbers that should have come before `newest` did and are not in `known`. */
  passed(
    newest: number,
    known: { find(sequence: number): unknown },
  ): number[] {
    const end = newest - LAG;
    const from = Math.max(this.#next ?? newest, end - MAX_HOLE);
    this.#next = Math.max(from, end);
    const missing: number[] = [];
    for (let number = from; number < end; number++) {
      if (known.find(number) === undefined) missing.push(number);
    }
    return missing;
  }
}
