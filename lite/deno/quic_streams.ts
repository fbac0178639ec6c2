/**
 * The streams that we open on a QUIC connection of Deno; raw QUIC and
 * WebTransport over HTTP/3 share them.
 *
 * @module
 */
import { checkSendOrder } from "../transport/limits.ts";
import type {
  BidiStream,
  OpenOptions,
  SendStream,
} from "../transport/transport.ts";
import { quicError } from "./codes.ts";
import { StreamPool } from "./stream_pool.ts";
import { quicReceiveStream, QuicSendStream } from "./streams.ts";

/** Opens streams, and remembers those whose last bytes have not left yet. */
export class QuicStreams {
  readonly #uni: StreamPool<Deno.QuicSendStream>;
  readonly #bidi: StreamPool<Deno.QuicBidirectionalStream>;
  readonly #prefixes: { readonly uni?: Uint8Array; readonly bidi?: Uint8Array };
  readonly #flushing = new Set<Promise<void>>();

  /** On `conn`; `prefixes` are written first on every stream of their kind. */
  constructor(
    conn: Deno.QuicConn,
    prefixes: { readonly uni?: Uint8Array; readonly bidi?: Uint8Array } = {},
  ) {
    this.#prefixes = prefixes;
    this.#uni = new StreamPool(() =>
      conn.createUnidirectionalStream({ waitUntilAvailable: true })
    );
    this.#bidi = new StreamPool(() =>
      conn.createBidirectionalStream({ waitUntilAvailable: true })
    );
  }

  /** As `Transport.openUni`. */
  async openUni(options: OpenOptions = {}): Promise<SendStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    const stream = await this.#uni.take(options.signal);
    const send = this.sender(stream, sendOrder);
    if (this.#prefixes.uni) send.write(this.#prefixes.uni);
    return send;
  }

  /** As `Transport.openBidi`. */
  async openBidi(options: OpenOptions = {}): Promise<BidiStream> {
    const sendOrder = checkSendOrder(options.sendOrder);
    const { readable, writable } = await this.#bidi.take(options.signal);
    const send = this.sender(writable, sendOrder);
    if (this.#prefixes.bidi) send.write(this.#prefixes.bidi);
    return { send, receive: quicReceiveStream(readable) };
  }

  /** The sending half of a stream on which nothing was sent yet. */
  sender(stream: Deno.QuicSendStream, sendOrder = 0): SendStream {
    try {
      if (sendOrder !== 0) stream.sendOrder = sendOrder;
    } catch (error) {
      throw quicError(error);
    }
    return new QuicSendStream(stream, (flushed) => {
      this.#flushing.add(flushed);
      // Never rejects.
      void flushed.then(() => this.#flushing.delete(flushed));
    });
  }

  /** Resolves when the runtime holds all of the streams closed before; never rejects. */
  async flushed(): Promise<void> {
    await Promise.all(this.#flushing);
  }

  /** Ends all waits for a stream, now and later, with `failure`; the first call counts. */
  end(failure: Error): void {
    this.#uni.end(failure);
    this.#bidi.end(failure);
  }
}
