/**
 * Few at a time: what would otherwise be asked of a relay all at once.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";

/** Lets so many in at a time. */
export class ConcurrencyLimit {
  readonly #latch = new Latch();
  #room: number;

  /** Lets `room` in at a time. */
  constructor(room: number) {
    this.#room = room;
  }

  /** Waits to be let in; the function returned leaves again and is idempotent. Throws `signal.reason`. */
  async enter(signal: AbortSignal): Promise<() => void> {
    const release = this.#latch.wakeOn(signal);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#room > 0) break;
        await this.#latch.changed();
      }
    } finally {
      release();
    }
    this.#room--;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#room++;
      this.#latch.wake();
    };
  }
}
