/**
 * The incoming streams and datagrams of a browser's session, as a transport has
 * them.
 *
 * @module
 */
import type { Datagrams } from "./transport.ts";
import type { WebDatagramsLike } from "./webtransport_like.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const MAX_SENDING_DATAGRAMS = 64;

/** The mapped items of a session's `stream`, for one loop at a time; ends with the stream or the session, also if they fail. */
export function mapEach<T, U>(
  stream: ReadableStream<T>,
  map: (item: T) => U,
  ended: Promise<unknown>,
): AsyncIterable<U> {
  let incoming: Incoming<T> | undefined;
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<U, void> {
      incoming ??= new Incoming(stream, ended);
      for (;;) {
        const next = await incoming.read().catch(() => undefined); // The session has ended, and `closed` says how.
        if (!next || next.done) return;
        yield map(next.value);
      }
    },
  };
}

/** Reads to the end of the stream or the session: not every browser ends the stream with the session. */
class Incoming<T> {
  readonly #reader: ReadableStreamDefaultReader<T>;
  #hasEnded = false;
  #isWaiting = false;

  constructor(stream: ReadableStream<T>, ended: Promise<unknown>) {
    this.#reader = stream.getReader();
    const end = (): void => {
      this.#hasEnded = true;
      // Nothing is there for a read that waits.
      if (this.#isWaiting) this.#reader.releaseLock();
    };
    ended.then(end, end);
  }

  /** The next item; after the end of the session, only items that arrived before. */
  async read(): Promise<ReadableStreamReadResult<T> | undefined> {
    const read = this.#reader.read();
    // If an item has arrived, `read` is settled and wins.
    if (this.#hasEnded) return await Promise.race([read, undefined]);
    this.#isWaiting = true;
    try {
      return await read;
    } finally {
      this.#isWaiting = false;
    }
  }
}

/** A session's datagrams, as a transport has them. */
export class WebDatagrams implements Datagrams {
  readonly isUnreliable = true;
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly #datagrams: WebDatagramsLike;
  #writer: WritableStreamDefaultWriter<Bytes> | undefined;
  #sending = 0;

  /** Locks the writable side at the first datagram, the readable side at the first loop; `ended` settles with the session. */
  constructor(datagrams: WebDatagramsLike, ended: Promise<unknown>) {
    this.#datagrams = datagrams;
    this.incoming = mapEach(datagrams.readable, (payload) => payload, ended);
  }

  get maxBytes(): number {
    return this.#datagrams.maxDatagramSize;
  }

  send(payload: Uint8Array): void {
    if (payload.byteLength > this.maxBytes) return;
    if (this.#sending >= MAX_SENDING_DATAGRAMS) return;
    const { writable } = this.#datagrams;
    this.#writer ??= (writable ?? this.#datagrams.createWritable?.())
      ?.getWriter();
    if (!this.#writer) return;
    this.#sending++;
    // A datagram that fails is lost, which datagrams may be.
    const done = (): void => void this.#sending--;
    this.#writer.write(payload as Bytes).then(done, done);
  }
}
