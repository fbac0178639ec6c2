/**
 * A queue for one reader.
 *
 * @module
 */
import { Latch } from "../latch.ts";

/** A queue for one reader. It can end but not fail, and drops the oldest item over its limit. */
export class Inbox<T> implements AsyncIterable<T> {
  readonly #maxItems: number;
  readonly #items: T[] = [];
  readonly #latch = new Latch();
  #ended = false;

  /** Holds up to `maxItems`; leave it out only if the producer has its own limit. */
  constructor(maxItems = Infinity) {
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
