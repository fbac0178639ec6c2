/**
 * A sorted list of items with sequence numbers, searched in logarithmic time.
 *
 * @module
 */
import { firstPlace } from "../search.ts";

/** Sorted by sequence; items with equal sequences in order of insertion. */
export class SequenceIndex<T extends { readonly sequence: number }> {
  #items: T[] = [];

  /** Number of items. */
  get size(): number {
    return this.#items.length;
  }

  /** The item at `place`, `undefined` outside the list. */
  at(place: number): T | undefined {
    return this.#items[place];
  }

  /** The place of the first item whose sequence is at least `sequence`. */
  placeOf(sequence: number): number {
    return this.firstPlace((item) => item.sequence >= sequence);
  }

  /** The first place where `holds` is true; it must be true for all later places too. */
  firstPlace(holds: (item: T, place: number) => boolean): number {
    const items = this.#items;
    return firstPlace(items.length, (place) => holds(items[place]!, place));
  }

  /** Adds `item` behind those of the same sequence. */
  add(item: T): void {
    const newest = this.#items.at(-1);
    // The usual case: sequences grow.
    if (!newest || newest.sequence <= item.sequence) this.#items.push(item);
    else this.#items.splice(this.placeOf(item.sequence + 1), 0, item);
  }

  /** Removes the first item with this sequence, if any. */
  remove(sequence: number): void {
    const place = this.placeOf(sequence);
    if (this.#items[place]?.sequence !== sequence) return;
    if (place === 0) this.#items.shift();
    else this.#items.splice(place, 1);
  }

  /** Keeps the items for which `keeps` is true. */
  filter(keeps: (item: T) => boolean): void {
    this.#items = this.#items.filter(keeps);
  }

  /** Removes all items. */
  clear(): void {
    this.#items = [];
  }

  /** All items, by ascending sequence. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }
}
