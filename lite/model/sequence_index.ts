/**
 * Things with sequence numbers, kept in their order: what is looked for is
 * found in a number of steps that grows with the logarithm of their number.
 *
 * @module
 */

/** Sorted by sequence; equal ones in the order they came. */
export class SequenceIndex<T extends { readonly sequence: number }> {
  #items: T[] = [];

  /** How many there are. */
  get size(): number {
    return this.#items.length;
  }

  /** The one at this place, `undefined` beyond the ends. */
  at(place: number): T | undefined {
    return this.#items[place];
  }

  /** The place of the first whose sequence is at least `sequence`. */
  placeOf(sequence: number): number {
    return this.firstPlace((item) => item.sequence >= sequence);
  }

  /** The first place for which `holds` is true, given that it is then true for all places behind. */
  firstPlace(holds: (item: T, place: number) => boolean): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#items[middle]!, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Adds `item` behind those of the same sequence. */
  add(item: T): void {
    const newest = this.#items.at(-1);
    // Nearly always: sequences grow.
    if (!newest || newest.sequence <= item.sequence) this.#items.push(item);
    else this.#items.splice(this.placeOf(item.sequence + 1), 0, item);
  }

  /** Takes out the first of this sequence, if there is one. */
  remove(sequence: number): void {
    const place = this.placeOf(sequence);
    if (this.#items[place]?.sequence !== sequence) return;
    if (place === 0) this.#items.shift();
    else this.#items.splice(place, 1);
  }

  /** Keeps those for which `keeps` is true. */
  filter(keeps: (item: T) => boolean): void {
    this.#items = this.#items.filter(keeps);
  }

  /** Takes all out. */
  clear(): void {
    this.#items = [];
  }

  /** All, by ascending sequence. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }
}
