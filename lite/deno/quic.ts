/**
 * Raw QUIC as a transport: bare streams and datagrams on a connection of
 * Deno. Stream codes are mapped as in WebTransport, close codes are plain.
 * RFC 9000, RFC 9221.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, sleep, systemClock } from "../time.ts";
import { boundReason, checkSendOrder } from "../transport/limits.ts";
import type {
  BidiStream,
  Datagrams,
  OpenOptions,
  ReceiveStream,
  SendStream,
  Transport,
  TransportClose,
} from "../transport/transport.ts";
import { fromHttp3Code, quicError } from "./codes.ts";
import { StreamPool } from "./stream_pool.ts";
import { quicReceiveStream, quicSendStream } from "./streams.ts";

/** Options of {@linkcode quicTransport}. */
export interface QuicTransportOptions {
  /** Measures how long a close waits. Default the system's. */
  readonly clock?: Clock | undefined;
}

const FLUSH_MS = 1000;
// Deno drops what has not left yet when it closes, and cannot say what has: one turn suffices on an idle path.
const LINGER_MS = 20;
const MAX_SENDING_DATAGRAMS = 64;

/**
 * `conn`, whose handshake is complete, as a transport; it now belongs to it.
 * A stop by us always reads as code 0 at the peer, a reset as a FIN; the peer's
 * stop is noticed only while something is written.
 */
export function quicTransport(
  conn: Deno.QuicConn,
  options: QuicTransportOptions = {},
): Transport {
  return new QuicTransport(conn, options.clock ?? systemClock);
}

class QuicTransport implements Transport {
  readonly protocol: string | undefined;
  readonly reliableReset = false;
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  readonly incomingBidi: AsyncIterable<BidiStream>;
  readonly datagrams: Datagrams;
  readonly closed: Promise<TransportClose>;
  readonly #conn: Deno.QuicConn;
  readonly #clock: Clock;
  readonly #uni: StreamPool<Deno.QuicSendStream>;
  readonly #bidi: StreamPool<Deno.QuicBidirectionalStream>;
  readonly #flushing = new Set<Promise<void>>();
  #closing = false;
  #closedByUs: TransportClose | undefined;

  constructor(conn: Deno.QuicConn, clock: Clock) {
    this.#conn = conn;
    this.#clock = clock;
    this.protocol = conn.protocol;
    this.datagrams = new QuicDatagrams(conn);
    this.#uni = new StreamPool(() =>
      conn.createUnidirectionalStream({ waitUntilAvailable: true })
    );
    this.#bidi = new StreamPool(() =>
      conn.createBidirectionalStream({ waitUntilAvailable: true })
    );
    this.incomingUni = {
      [Symbol.asyncIterator]: () => this.#acceptUni(),
    };
    this.incomingBidi = {
      [Symbol.asyncIterator]: () => this.#acceptBidi(),
    };
    this.closed = this.#runClosed();
  }

  async openUni(options: OpenOptions = {}): Promise<SendStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    const stream = await this.#uni.take(options.signal);
    return this.#sender(stream, sendOrder);
  }

  async openBidi(options: OpenOptions = {}): Promise<BidiStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    const { readable, writable } = await this.#bidi.take(options.signal);
    return {
      send: this.#sender(writable, sendOrder),
      receive: quicReceiveStream(readable),
    };
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    const error = new MoqError("transport", "The transport was closed by us");
    this.#uni.end(error);
    this.#bidi.end(error);
    void this.#runClose({ code, reason: boundReason(reason) }); // Never rejects.
  }

  async #runClose(close: TransportClose): Promise<void> {
    await this.#within(FLUSH_MS, Promise.all(this.#flushing));
    await this.#within(LINGER_MS, new Promise(() => {}));
    this.#closedByUs = close;
    this.#conn.close({ closeCode: close.code ?? 0, reason: close.reason });
  }

  /** Waits for `done`, the end of the connection or the time, whichever is first. */
  async #within(ms: number, done: Promise<unknown>): Promise<void> {
    const timer = new AbortController();
    const time = sleep(this.#clock, ms, timer.signal).catch(() => {
      // Only our own abort below ends it early.
    });
    await Promise.race([done, time, this.closed]);
    timer.abort();
  }

  async #runClosed(): Promise<TransportClose> {
    const close = await this.#ending();
    this.#closing = true;
    const error = new MoqError(
      "transport",
      `The transport has ended: ${close.reason}`,
      { cause: close.error },
    );
    this.#uni.end(error);
    this.#bidi.end(error);
    return close;
  }

  async #ending(): Promise<TransportClose> {
    try {
      const { closeCode, reason } = await this.#conn.closed;
      // What Deno reports of our own close is always 0 and "".
      return this.#closedByUs ??
        { code: fromHttp3Code(closeCode) ?? closeCode, reason };
    } catch (cause) {
      if (this.#closedByUs) return this.#closedByUs;
      const error = quicError(cause);
      return { reason: error.message, error };
    }
  }

  // A stream that waited in the pool has sent nothing yet, so its order still counts.
  #sender(stream: Deno.QuicSendStream, sendOrder: number): SendStream {
    try {
      if (sendOrder !== 0) stream.sendOrder = sendOrder;
    } catch (error) {
      throw quicError(error);
    }
    return quicSendStream(stream as WritableStream<Uint8Array<ArrayBuffer>>, {
      onClosed: (flushed) => this.#remember(flushed),
    });
  }

  #remember(flushed: Promise<void>): void {
    this.#flushing.add(flushed);
    void flushed.then(() => this.#flushing.delete(flushed)); // Never rejects.
  }

  async *#acceptUni(): AsyncGenerator<ReceiveStream, void> {
    const streams = eachOf(this.#conn.incomingUnidirectionalStreams);
    for await (const stream of streams) yield quicReceiveStream(stream);
  }

  async *#acceptBidi(): AsyncGenerator<BidiStream, void> {
    const streams = eachOf(this.#conn.incomingBidirectionalStreams);
    for await (const { readable, writable } of streams) {
      yield {
        send: this.#sender(writable, 0),
        receive: quicReceiveStream(readable),
      };
    }
  }
}

/** The items of `stream` until it ends or fails; leaving the loop leaves the rest in it. */
async function* eachOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const next = await reader.read().catch(() => undefined); // The connection has ended, and `closed` says how.
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Deno keeps at most 1.25 MB of unread datagrams and drops the oldest. */
class QuicDatagrams implements Datagrams {
  readonly isUnreliable = true;
  readonly incoming: AsyncIterable<Uint8Array>;
  readonly #conn: Deno.QuicConn;
  #sending = 0;

  constructor(conn: Deno.QuicConn) {
    this.#conn = conn;
    this.incoming = { [Symbol.asyncIterator]: () => this.#receive() };
  }

  get maxBytes(): number {
    return this.#conn.maxDatagramSize;
  }

  send(payload: Uint8Array): void {
    if (this.#sending >= MAX_SENDING_DATAGRAMS) return;
    if (payload.byteLength > this.maxBytes) return;
    this.#sending++;
    // Sent or lost with the connection: a datagram promises nothing.
    const done = (): void => void this.#sending--;
    this.#conn.sendDatagram(payload).then(done, done);
  }

  async *#receive(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const reading = this.#conn.readDatagram();
      const payload = await reading.catch(() => undefined); // The connection has ended, and `closed` says how.
      if (!payload) return;
      yield payload;
    }
  }
}
