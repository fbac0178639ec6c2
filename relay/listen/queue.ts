/**
 * Peers at the door, from whichever listener they came to whoever lets them in.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";

/** A queue with one reader; `end` lets it finish what is queued. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #latch = new Latch();
  #ended = false;

  /** Adds an item; dropped after `end`. */
  push(item: T): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#latch.wake();
  }

  /** No more items; idempotent. */
  end(): void {
    this.#ended = true;
    this.#latch.wake();
  }

  /** Items in the order of their coming. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    while (true) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended) return;
      else await this.#latch.changed();
    }
  }
}
