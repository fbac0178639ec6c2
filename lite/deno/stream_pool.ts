/**
 * Makes opening streams abortable: Deno cannot cancel a creation, so its stream
 * goes to the next caller.
 *
 * @module
 */
import { Latch } from "../latch.ts";
import { quicError } from "./codes.ts";

/** Streams of one kind, created as the peer's limit allows. */
export class StreamPool<T> {
  readonly #create: () => Promise<T>;
  readonly #latch = new Latch();
  readonly #created: T[] = [];
  #creating = 0;
  #waiting = 0;
  #failure: Error | undefined;

  /** `create` waits for the peer's limit and rejects after the end of the connection. */
  constructor(create: () => Promise<T>) {
    this.#create = create;
  }

  /** Waits for a stream; throws `signal.reason` on abort and `MoqError("transport")` after the end. */
  async take(signal?: AbortSignal): Promise<T> {
    const release = this.#latch.wakeOn(signal);
    this.#waiting++;
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.#failure) throw this.#failure;
        const stream = this.#created.shift();
        if (stream !== undefined) return stream;
        if (this.#creating < this.#waiting) void this.#runCreate(); // Never rejects.
        await this.#latch.changed();
      }
    } finally {
      this.#waiting--;
      release();
    }
  }

  /** Ends all waits, now and later, with `failure`; the first call counts. */
  end(failure: Error): void {
    this.#failure ??= failure;
    this.#latch.wake();
  }

  async #runCreate(): Promise<void> {
    this.#creating++;
    try {
      this.#created.push(await this.#create());
    } catch (error) {
      this.end(quicError(error));
    }
    this.#creating--;
    this.#latch.wake();
  }
}
