/**
 * What a browser's session yields: streams and datagrams as the loops of a
 * transport.
 *
 * @module
 */
import type { Datagrams } from "./transport.ts";
import type { WebDatagramsLike } from "./webtransport_like.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const MAX_SENDING_DATAGRAMS = 64;

/** What comes out of `stream`, for one loop at a time; a failure is an end. */
export function mapEach<T, U>(
  stream: ReadableStream<T>,
  map: (item: T) => U,
): AsyncIterable<U> {
  let reader: ReadableStreamDefaultReader<T> | undefined;
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<U, void> {
      reader ??= stream.getReader();
      for (;;) {
        const next = await reader.read().catch(() => undefined); // The session has ended, and `closed` says how.
        if (!next || next.done) return;
        yield map(next.value);
      }
    },
  };
}

/** A session's datagrams as a transport's. */
export class WebDatagrams implements Datagrams {
  readonly isUnreliable = true;
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly #datagrams: WebDatagramsLike;
  #writer: WritableStreamDefaultWriter<Bytes> | undefined;
  #sending = 0;

  /** Locks the writable side at the first datagram, the readable side at the first loop. */
  constructor(datagrams: WebDatagramsLike) {
    this.#datagrams = datagrams;
    this.incoming = mapEach(datagrams.readable, (payload) => payload);
  }

  get maxBytes(): number {
    return this.#datagrams.maxDatagramSize;
  }

  send(payload: Uint8Array): void {
    if (payload.byteLength > this.maxBytes) return;
    if (this.#sending >= MAX_SENDING_DATAGRAMS) return;
    this.#writer ??= this.#openWriter();
    if (!this.#writer) return;
    this.#sending++;
    // Sent or lost with the session: a datagram promises nothing.
    const done = (): void => void this.#sending--;
    this.#writer.write(payload as Bytes).then(done, done);
  }

  #openWriter(): WritableStreamDefaultWriter<Bytes> | undefined {
    const { writable } = this.#datagrams;
    return (writable ?? this.#datagrams.createWritable?.())?.getWriter();
  }
}
