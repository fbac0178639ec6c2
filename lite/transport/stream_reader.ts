/**
 * Reading from a stream of the runtime's, whoever made it: what QUIC of Deno
 * and WebTransport of browsers have in common.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import {
  again,
  checkRoom,
  stoppedError,
  type StreamEnd,
} from "./stream_end.ts";
import type { ReceiveStream } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The runtime's side of a {@linkcode StreamReader}. */
export interface StreamReaderOptions {
  /** As of a BYOB reader. */
  read(into: Bytes): Promise<{ value?: Bytes | undefined; done: boolean }>;
  /** Asks the peer to stop with a plain code. */
  cancel(code: number): Promise<void>;
  /** What the runtime says of a failure, as ours. */
  errorOf(error: unknown): MoqError;
}

/** A receiving half that says the same of its end whenever it is asked. */
export class StreamReader implements ReceiveStream {
  readonly #options: StreamReaderOptions;
  #stopped = false;
  #over: StreamEnd | undefined;

  /** Nothing is read yet. */
  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  async read(into: Bytes): Promise<Bytes | undefined> {
    if (this.#stopped) throw stoppedError();
    // The read that found the end took its buffer along, and callers pass what is left of it.
    if (this.#over) return again(this.#over);
    checkRoom(into);
    try {
      const { value, done } = await this.#options.read(into);
      if (this.#stopped) throw stoppedError();
      if (!done) return value;
    } catch (error) {
      if (this.#stopped) throw stoppedError();
      this.#over = { error: this.#options.errorOf(error) };
      throw this.#over.error;
    }
    this.#over = {};
    return undefined;
  }

  stop(code: number): void {
    if (this.#stopped || this.#over) return;
    this.#stopped = true;
    this.#options.cancel(code).catch(() => {
      // The stream is over already, which is what was asked for.
    });
  }
}

/** As much of `left` as fits, moved to the start of `into`; the second is what is left then. */
export function moveInto(into: Bytes, left: Bytes): readonly [Bytes, Bytes] {
  const take = Math.min(into.byteLength, left.byteLength);
  into.set(left.subarray(0, take));
  return [into.subarray(0, take), left.subarray(take)];
}
