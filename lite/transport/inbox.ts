/**
 * A queue for one reader.
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

  /** Adds `item`; returns the oldest item if that was dropped, or `item` after the end. */
  push(item: T): T | undefined {
    if (this.#ended) return item;
    this.#items.push(item);
    this.#latch.wake();
    return this.#items.length > this.#maxItems
      ? this.#items.shift()
      : undefined;
  }

  /** Ends the iteration after the queued items; idempotent. */
  end(): void {
    this.#ended = true;
    this.#latch.wake();
  }

  /** The items until the end; leaving the loop keeps the rest for the next loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      if (this.#items.length > 0) yield this.#items.shift()!;
      else if (this.#ended) return;
      else await this.#latch.changed();
    }
  }
}
