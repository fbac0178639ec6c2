/**
 * A WebTransport session as a transport: one CONNECT stream and all streams
 * that name it, draft-ietf-webtrans-http3. A connection carries one session.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { type Clock, within } from "../../time.ts";
import type { Inbox } from "../../transport/inbox.ts";
import { boundReason } from "../../transport/limits.ts";
import type {
  BidiStream,
  Datagrams,
  OpenOptions,
  ReceiveStream,
  SendStream,
  Transport,
  TransportClose,
} from "../../transport/transport.ts";
import { toHttp3Code } from "../codes.ts";
import { QuicDatagrams } from "../datagrams.ts";
import { QuicStreams } from "../quic_streams.ts";
import { CapsuleReader, encodeClose } from "./capsules.ts";
import type { Http3Connection } from "./connection.ts";
import { lost } from "./connection_end.ts";
import { HTTP3_CODES, Http3Error } from "./error.ts";
import {
  encodeFrame,
  encodePrefix,
  FRAME,
  readFrameHeader,
  rejectKnown,
  STREAM,
} from "./frames.ts";
import type { RequestStream, SessionStream } from "./peer_streams.ts";

const FLUSH_TIMEOUT_MS = 1_000;
// A busy receiver needs time to read: it reads nothing once the connection has ended.
const LINGER_MS = 100;
const PEER_TIMEOUT_MS = 500;

/** The session as the CONNECT request and its answer negotiated it. */
export interface WebTransportSessionOptions
  extends Omit<RequestStream, "fields"> {
  /** The subprotocol, if one was selected. */
  readonly protocol: string | undefined;
  /** Whether the peer accepts datagrams. */
  readonly hasDatagrams: boolean;
  readonly clock: Clock;
}

/** The session as a transport. */
export class WebTransportSession implements Transport {
  readonly kind = "webtransport";
  readonly protocol: string | undefined;
  readonly reliableReset = false;
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  readonly incomingBidi: AsyncIterable<BidiStream>;
  readonly datagrams?: Datagrams;
  readonly closed: Promise<TransportClose>;

  readonly #connection: Http3Connection;
  readonly #options: WebTransportSessionOptions;
  readonly #streams: QuicStreams;
  readonly #closed = Promise.withResolvers<TransportClose>();
  readonly #peerDone = Promise.withResolvers<void>();
  #isClosing = false;

  /** Owns `connection`, which ends with it. */
  constructor(
    connection: Http3Connection,
    options: WebTransportSessionOptions,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.protocol = options.protocol;
    this.closed = this.#closed.promise;
    const { quic, incoming } = connection;
    if (options.hasDatagrams) {
      this.datagrams = new QuicDatagrams(quic, options.id);
    }
    this.incomingUni = this.#accept(incoming.uni, (stream) => stream.stop(0));
    this.incomingBidi = this.#accept(incoming.bidi, refuseBidi);
    this.#streams = new QuicStreams(quic, {
      uni: encodePrefix(STREAM.webTransportUni, options.id),
      bidi: encodePrefix(STREAM.webTransportBidi, options.id),
    });
    connection.tasks.run("capsules", this.#runCapsules());
    connection.closed.then((end) => this.#finish(end));
  }

  openUni(options?: OpenOptions): Promise<SendStream> {
    return this.#streams.openUni(options);
  }

  openBidi(options?: OpenOptions): Promise<BidiStream> {
    return this.#streams.openBidi(options);
  }

  #accept<T>(
    inbox: Inbox<SessionStream<T>>,
    refuse: (stream: T) => void,
  ): AsyncIterable<T> {
    const { id } = this.#options;
    return {
      async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
        for await (const { sessionId, stream } of inbox) {
          if (sessionId === id) yield stream;
          else refuse(stream);
        }
      },
    };
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#stopOpening(new MoqError("transport", "The session was closed"));
    this.#connection.incoming.uni.end();
    this.#connection.incoming.bidi.end();
    const end = { code: code >>> 0, reason: boundReason(reason) };
    this.#connection.tasks.run("close", this.#runClose(end));
  }

  async #runClose(
    end: { readonly code: number; readonly reason: string },
  ): Promise<void> {
    const { code, reason } = end;
    const { closed } = this.#connection;
    const { clock } = this.#options;
    // Do not lose streams that were closed just before the session.
    await within(clock, FLUSH_TIMEOUT_MS, this.#streams.flushed(), closed);
    this.#options.send.write(
      encodeFrame(FRAME.data, encodeClose(code, reason)),
    );
    this.#options.send.close();
    await within(clock, LINGER_MS, closed);
    await within(clock, PEER_TIMEOUT_MS, this.#peerDone.promise, closed);
    this.#connection.close(toHttp3Code(code), end);
    this.#finish(end);
  }

  /** Reads the CONNECT stream, whose end ends the session. */
  async #runCapsules(): Promise<void> {
    try {
      const end = await this.#readEnd();
      this.#peerDone.resolve();
      if (!this.#isClosing) await this.#followPeer(end);
    } catch (error) {
      this.#peerDone.resolve();
      if (error instanceof Http3Error) this.#connection.fail(error);
      else if (!this.#isClosing) await this.#followPeer(lost(error));
    }
  }

  async #readEnd(): Promise<TransportClose> {
    const capsules = new CapsuleReader();
    for (;;) {
      const header = await readFrameHeader(this.#options.reader);
      if (!header) return { code: 0, reason: "" };
      if (header.type !== FRAME.data) {
        rejectKnown(header.type);
        await this.#options.reader.skip(header.length);
        continue;
      }
      for (let left = header.length; left > 0;) {
        const chunk = await this.#options.reader.chunk(left);
        if (!chunk) throw new MoqError("decode", "Expected DATA, got the end");
        left -= chunk.byteLength;
        const close = capsules.push(chunk).find((c) => c.type === "close");
        if (close) return { code: close.code, reason: close.reason };
      }
    }
  }

  /** The peer ended the session and should close the connection; we close it if the peer does not. */
  async #followPeer(end: TransportClose): Promise<void> {
    this.#finish(end);
    this.#options.send.close();
    await within(this.#options.clock, PEER_TIMEOUT_MS, this.#connection.closed);
    this.#connection.close(HTTP3_CODES.noError, end);
  }

  #stopOpening(failure: MoqError): void {
    this.#isClosing = true;
    this.#streams.end(failure);
  }

  // Streams that the peer sent before its end may arrive after it, so the incoming loops run until the connection ends.
  #finish(end: TransportClose): void {
    this.#stopOpening(
      new MoqError("transport", "The session has ended", { cause: end.error }),
    );
    this.#closed.resolve(end);
  }
}

function refuseBidi({ send, receive }: BidiStream): void {
  receive.stop(0);
  send.close();
}
