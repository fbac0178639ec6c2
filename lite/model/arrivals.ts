/**
 * Groups in order of arrival, with many readers: each is the number of the
 * group it wants next.
 *
 * @module
 */
import type { GroupProducer } from "./group.ts";

/** Emitted types leave out members with computed names, so this declares the iterator. */
export interface Arrivals extends Iterable<GroupProducer> {}

/** A queue that nobody empties: entries have numbers, and the oldest go when they are let go of. */
export class Arrivals {
  readonly #groups: GroupProducer[] = [];
  #first = 0;

  /** Number of the oldest entry. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next entry to come. */
  get end(): number {
    return this.#first + this.#groups.length;
  }

  /** Entries now. */
  get size(): number {
    return this.#groups.length;
  }

  /** The entry of this number, `undefined` where it has gone or not come. */
  at(number: number): GroupProducer | undefined {
    return this.#groups[number - this.#first];
  }

  /** Adds an entry. */
  push(group: GroupProducer): void {
    this.#groups.push(group);
  }

  /** Takes the oldest entry out. */
  shift(): GroupProducer | undefined {
    const oldest = this.#groups.shift();
    if (oldest) this.#first++;
    return oldest;
  }

  /** Takes all entries out. */
  clear(): void {
    this.#first += this.#groups.length;
    this.#groups.length = 0;
  }

  /** The entries from the oldest on. */
  [Symbol.iterator](): Iterator<GroupProducer> {
    return this.#groups[Symbol.iterator]();
  }
}
