/**
 * Binary search.
 *
 * @module
 */

/** The first place from 0 where `holds` is true, `length` if none; it must be true for all later places too. */
export function firstPlace(
  length: number,
  holds: (place: number) => boolean,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
