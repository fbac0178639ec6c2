/**
 * How far a stream is read ahead of the tracks that are played: one that is
 * silent is looked for in what is here, and does not push out what the others
 * still need.
 *
 * @module
 */
import { Latch } from "@moq-deno/lite/internal";

// Half of what the library keeps of a stream.
const MAX_AHEAD_BYTES = 16 << 20;
// What is in memory is found at once; a track that waits for longer needs more of the stream.
const IDLE_MS = 5;

/** Made for each stream. */
export class ReadAhead {
  readonly #latch = new Latch();
  #isHolding = false;
  #isIdle = false;
  #hasEnded = false;
  #read = 0;
  #taken = 0;
  #lanes = 0;
  #waiting = 0;

  /** `stream`, read no further ahead than is good once {@linkcode ReadAhead.hold} was called. */
  of(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        while (this.#isHeld()) await this.#latch.changed();
        const { value, done } = await reader.read();
        if (done) return controller.close();
        this.#read += value.byteLength;
        controller.enqueue(value);
      },
      cancel: (reason) => {
        this.#hasEnded = true;
        this.#latch.wake();
        return reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  /** From now on a track has come. */
  hold(): void {
    this.#isHolding = true;
  }

  /** A track is read; returns the function that ends that. */
  join(): () => void {
    this.#lanes++;
    return () => {
      this.#lanes--;
      this.#latch.wake();
    };
  }

  /** Waits for the next packet of a track that was joined. */
  async wait<T>(next: Promise<T>): Promise<T> {
    this.#waiting++;
    const idle = setTimeout(() => {
      this.#isIdle = this.#waiting === this.#lanes;
      this.#latch.wake();
    }, IDLE_MS);
    try {
      return await next;
    } finally {
      clearTimeout(idle);
      this.#waiting--;
      this.#isIdle = false;
    }
  }

  /** A packet of so many bytes was taken. */
  took(bytes: number): void {
    this.#taken += bytes;
    this.#latch.wake();
  }

  #isHeld(): boolean {
    return this.#isHolding && !this.#isIdle && !this.#hasEnded &&
      this.#read - this.#taken > MAX_AHEAD_BYTES;
  }
}
