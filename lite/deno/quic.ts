/**
 * Raw QUIC as a transport: bare streams and datagrams on Deno's connections.
 * Stream codes are mapped as in WebTransport, close codes are plain.
 * RFC 9000, RFC 9221.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, systemClock, within } from "../time.ts";
import { boundReason } from "../transport/limits.ts";
import { endedError } from "../transport/stream_end.ts";
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
import { QuicDatagrams } from "./datagrams.ts";
import { QuicStreams } from "./quic_streams.ts";
import { quicReceiveStream } from "./streams.ts";

const FLUSH_MS = 1000;
// Deno drops unsent data when it closes, and does not say what was sent: on an idle path a short wait is enough.
const LINGER_MS = 20;

/**
 * `conn`, whose handshake is complete, as a transport that owns it. `clock`
 * times the flush of a close. The peer
 * sees our stops as code 0 and our resets as FIN. The peer's stop is only
 * noticed during a write.
 */
export function quicTransport(
  conn: Deno.QuicConn,
  clock: Clock = systemClock,
): Transport {
  return new QuicTransport(conn, clock);
}

class QuicTransport implements Transport {
  readonly kind = "quic";
  readonly protocol: string | undefined;
  readonly reliableReset = false;
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  readonly incomingBidi: AsyncIterable<BidiStream>;
  readonly datagrams: Datagrams;
  readonly closed: Promise<TransportClose>;
  readonly #conn: Deno.QuicConn;
  readonly #clock: Clock;
  readonly #streams: QuicStreams;
  #closing = false;
  #closedByUs: TransportClose | undefined;

  constructor(conn: Deno.QuicConn, clock: Clock) {
    this.#conn = conn;
    this.#clock = clock;
    this.protocol = conn.protocol;
    this.datagrams = new QuicDatagrams(conn);
    this.#streams = new QuicStreams(conn);
    this.incomingUni = {
      [Symbol.asyncIterator]: () => this.#acceptUni(),
    };
    this.incomingBidi = {
      [Symbol.asyncIterator]: () => this.#acceptBidi(),
    };
    this.closed = this.#ending();
  }

  openUni(options?: OpenOptions): Promise<SendStream> {
    return this.#streams.openUni(options);
  }

  openBidi(options?: OpenOptions): Promise<BidiStream> {
    return this.#streams.openBidi(options);
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#streams.end(
      new MoqError("transport", "The transport was closed here"),
    );
    void this.#runClose({ code, reason: boundReason(reason) }); // Never rejects.
  }

  async #runClose(close: TransportClose): Promise<void> {
    const flushed = this.#streams.flushed();
    await within(this.#clock, FLUSH_MS, flushed, this.closed);
    await within(this.#clock, LINGER_MS, this.closed);
    this.#closedByUs = close;
    this.#conn.close({ closeCode: close.code ?? 0, reason: close.reason });
  }

  async #ending(): Promise<TransportClose> {
    let close: TransportClose;
    try {
      const { closeCode, reason } = await this.#conn.closed;
      close = { code: fromHttp3Code(closeCode) ?? closeCode, reason };
    } catch (cause) {
      const error = quicError(cause);
      close = { reason: error.message, error };
    }
    // Deno reports our own close as 0 and "".
    close = this.#closedByUs ?? close;
    this.#closing = true;
    this.#streams.end(endedError(close));
    return close;
  }

  async *#acceptUni(): AsyncGenerator<ReceiveStream, void> {
    const streams = eachOf(this.#conn.incomingUnidirectionalStreams);
    for await (const stream of streams) yield quicReceiveStream(stream);
  }

  async *#acceptBidi(): AsyncGenerator<BidiStream, void> {
    const streams = eachOf(this.#conn.incomingBidirectionalStreams);
    for await (const { readable, writable } of streams) {
      yield {
        send: this.#streams.sender(writable),
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
