/**
 * What arrived and waits for its one reader.
 *
 * @module
 */
import { Latch } from "../latch.ts";

/** Emitted types leave out members with computed names, so this declares the iterator. */
export interface Inbox<T> extends AsyncIterable<T> {}

/** A queue with one reader that ends, never fails, and drops the oldest over its bound. */
export class Inbox<T> {
  readonly #maxItems: number;
  readonly #items: T[] = [];
  readonly #latch = new Latch();
  #ended = false;

  /** Room for `maxItems`; leave it out only where the producer has a bound of its own. */
  constructor(maxItems: number = Infinity) {
    this.#maxItems = maxItems;
  }

  /** Adds `item`; returns the oldest when that had to go, or `item` itself after the end. */
  push(item: T): T | undefined {
    if (this.#ended) return item;
    this.#items.push(item);
    this.#latch.wake();
    return this.#items.length > this.#maxItems
      ? this.#items.shift()
      : undefined;
  }

  /** Ends the iteration once everything that waits is read; idempotent. */
  end(): void {
    this.#ended = true;
    this.#latch.wake();
  }

  /** Waits for items until the end; leaving the loop keeps the rest for the next one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      if (this.#items.length > 0) yield this.#items.shift()!;
      else if (this.#ended) return;
      else await this.#latch.changed();
    }
  }
}
