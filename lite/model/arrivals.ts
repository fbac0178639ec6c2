/**
 * Groups in order of arrival, for many readers, each at its own number.
 *
 * @module
 */
import type { GroupProducer } from "./group.ts";

/** Emitted types leave out members with computed names, so this declares the iterator. */
export interface Arrivals extends Iterable<GroupProducer> {}

/** A numbered queue: readers do not consume entries, and the owner removes the oldest. */
export class Arrivals {
  readonly #groups: GroupProducer[] = [];
  #first = 0;

  /** Number of the oldest entry. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next entry. */
  get end(): number {
    return this.#first + this.#groups.length;
  }

  /** Current number of entries. */
  get size(): number {
    return this.#groups.length;
  }

  /** The entry with this number, `undefined` if it was removed or has not arrived. */
  at(number: number): GroupProducer | undefined {
    return this.#groups[number - this.#first];
  }

  /** Adds an entry. */
  push(group: GroupProducer): void {
    this.#groups.push(group);
  }

  /** Removes the oldest entry. */
  shift(): GroupProducer | undefined {
    const oldest = this.#groups.shift();
    if (oldest) this.#first++;
    return oldest;
  }

  /** Removes all entries. */
  clear(): void {
    this.#first += this.#groups.length;
    this.#groups.length = 0;
  }

  /** The entries from the oldest on. */
  [Symbol.iterator](): Iterator<GroupProducer> {
    return this.#groups[Symbol.iterator]();
  }
}
