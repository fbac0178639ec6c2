/**
 * A browser's WebTransport session as a transport, and how to connect one. Works
 * with any runtime's session that follows the standard.
 *
 * @module
 */
import { messageOf, MoqError } from "../error.ts";
import { abortable, onAbort } from "../signal.ts";
import { type Clock, systemClock, within } from "../time.ts";
import { boundReason, checkSendOrder } from "./limits.ts";
import { endedError } from "./stream_end.ts";
import type {
  BidiStream,
  Datagrams,
  OpenOptions,
  PathReport,
  ReceiveStream,
  SendStream,
  Transport,
  TransportClose,
} from "./transport.ts";
import { mapEach, WebDatagrams } from "./webtransport_incoming.ts";
import type {
  WebBidiStreamLike,
  WebOpenOptions,
  WebTransportLike,
} from "./webtransport_like.ts";
import {
  receiveError,
  streamError,
  webReceiveStream,
  WebSendStream,
} from "./webtransport_streams.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Options of {@linkcode webTransportTransport}. */
export interface WebTransportOptions {
  /** Times the flush of a close; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** Options of {@linkcode connectBrowserWebTransport}. */
export interface ConnectBrowserOptions extends WebTransportOptions {
  /** Subprotocols to offer, in order of preference. */
  readonly protocols: readonly string[];
  /** SHA-256 of the only certificates to trust; browsers require ECDSA and at most 14 days of validity. */
  readonly serverCertificateHashes?:
    | readonly Uint8Array<ArrayBuffer>[]
    | undefined;
  /** Shares a connection with other sessions. Default `false`. */
  readonly allowPooling?: boolean | undefined;
  /** Default `low-latency`. */
  readonly congestionControl?:
    | "default"
    | "throughput"
    | "low-latency"
    | undefined;
  /** Aborts the attempt. */
  readonly signal?: AbortSignal | undefined;
}

const FLUSH_MS = 1_000;

/**
 * Connects with the runtime's own `WebTransport`. Throws
 * `MoqError("unsupported")` if there is none, `MoqError("transport")` if it fails
 * (browsers do not tell why) and `signal.reason` on abort.
 */
export async function connectBrowserWebTransport(
  url: URL,
  options: ConnectBrowserOptions,
): Promise<Transport> {
  if (url.protocol !== "https:") {
    throw new TypeError(`Expected an https: URL, got ${url.protocol}`);
  }
  const { signal } = options;
  signal?.throwIfAborted();
  const session = construct(url, options);
  const transport = webTransportTransport(session, options);
  const release = onAbort(signal, () => transport.close(0, ""));
  try {
    await session.ready;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new MoqError("transport", `WebTransport to ${url.host} failed`, {
      cause,
    });
  } finally {
    release();
  }
  signal?.throwIfAborted();
  return transport;
}

function construct(url: URL, options: ConnectBrowserOptions): WebTransportLike {
  const { WebTransport } = globalThis as unknown as {
    readonly WebTransport?: new (
      url: string,
      options: object,
    ) => WebTransportLike;
  };
  if (!WebTransport) {
    throw new MoqError(
      "unsupported",
      "This runtime has no WebTransport",
    );
  }
  const hashes = options.serverCertificateHashes;
  return new WebTransport(url.href, {
    allowPooling: options.allowPooling ?? false,
    congestionControl: options.congestionControl ?? "low-latency",
    protocols: [...options.protocols],
    ...(hashes && {
      serverCertificateHashes: hashes.map((value) => ({
        algorithm: "sha-256",
        value,
      })),
    }),
  });
}

/**
 * A transport that owns `session`. At the peer's stream limit Chromium fails
 * where others wait: opening then throws `MoqError("lagged")`, and the data
 * should be dropped.
 */
export function webTransportTransport(
  session: WebTransportLike,
  options: WebTransportOptions = {},
): Transport {
  return new WebTransportTransport(session, options.clock ?? systemClock);
}

class WebTransportTransport implements Transport {
  readonly kind = "webtransport";
  readonly reliableReset = true;
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  readonly incomingBidi: AsyncIterable<BidiStream>;
  readonly datagrams?: Datagrams;
  readonly report?: () => Promise<PathReport>;
  readonly closed: Promise<TransportClose>;
  readonly #session: WebTransportLike;
  readonly #clock: Clock;
  readonly #sending = new Set<WebSendStream>();
  #end: TransportClose | undefined;
  #isClosing = false;

  constructor(session: WebTransportLike, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    const uni = session.incomingUnidirectionalStreams;
    const ended = session.closed;
    this.incomingUni = mapEach(uni, webReceiveStream, ended);
    const bidi = session.incomingBidirectionalStreams;
    this.incomingBidi = mapEach(bidi, (stream) => this.#bidi(stream), ended);
    if (session.datagrams) {
      this.datagrams = new WebDatagrams(session.datagrams, ended);
    }
    if (session.getStats) this.report = () => this.#report();
    this.closed = this.#runClosed();
    session.ready.catch(() => {
      // `closed` rejects with the same.
    });
  }

  // Only known once the session is ready.
  get protocol(): string | undefined {
    return this.#session.protocol || undefined;
  }

  async #report(): Promise<PathReport> {
    try {
      const { smoothedRtt, estimatedSendRate } = await this.#session
        .getStats!();
      return {
        rttMs: smoothedRtt || undefined,
        bitrateBps: estimatedSendRate || undefined,
      };
    } catch {
      return {}; // The session has ended, and `closed` says how.
    }
  }

  async openUni(options: OpenOptions = {}): Promise<SendStream> {
    const webOptions = this.#begin(options);
    const creating = this.#session.createUnidirectionalStream(webOptions);
    const drop = (stream: WritableStream<Bytes>) =>
      stream.abort(streamError(0));
    return this.#send(await this.#opened(creating, { ...options, drop }));
  }

  async openBidi(options: OpenOptions = {}): Promise<BidiStream> {
    const webOptions = this.#begin(options);
    const creating = this.#session.createBidirectionalStream(webOptions);
    const drop = async ({ readable, writable }: WebBidiStreamLike) => {
      await Promise.all([
        readable.cancel(streamError(0)),
        writable.abort(streamError(0)),
      ]);
    };
    return this.#bidi(await this.#opened(creating, { ...options, drop }));
  }

  #begin({ sendOrder, signal }: OpenOptions): WebOpenOptions {
    const order = checkSendOrder(sendOrder);
    signal?.throwIfAborted();
    if (this.#isClosing) throw this.#endError();
    return { sendOrder: order, waitUntilAvailable: true };
  }

  /** Waits for the browser; drops a stream that arrives after the abort. */
  async #opened<T>(
    creating: Promise<T>,
    { signal, drop }: OpenOptions & {
      readonly drop: (stream: T) => Promise<void>;
    },
  ): Promise<T> {
    try {
      return await abortable(creating, signal);
    } catch (cause) {
      if (!signal?.aborted) throw this.#openError(cause);
      creating.then(drop).catch(() => {
        // It was never opened, or ended with the session.
      });
      throw signal.reason;
    }
  }

  #openError(cause: unknown): MoqError {
    if (this.#isClosing) return this.#endError();
    const isLimit = cause instanceof DOMException &&
      cause.name === "NetworkError";
    return isLimit
      ? new MoqError("lagged", "The peer's stream limit is reached", { cause })
      : receiveError(cause);
  }

  #endError(): MoqError {
    return endedError({ reason: "closed", ...this.#end });
  }

  #bidi({ readable, writable }: WebBidiStreamLike): BidiStream {
    return { send: this.#send(writable), receive: webReceiveStream(readable) };
  }

  #send(stream: WritableStream<Bytes>): WebSendStream {
    const send = new WebSendStream(stream);
    this.#sending.add(send);
    void send.flushed.then(() => this.#sending.delete(send)); // Never rejects.
    return send;
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const end = { code, reason: boundReason(reason) };
    const flushing = [...this.#sending].filter((stream) => stream.isClosing);
    // A page that is being closed has no time to wait.
    if (flushing.length === 0) this.#closeNow(end);
    else void this.#closeAfter(flushing, end); // Never rejects.
  }

  async #closeAfter(
    flushing: readonly WebSendStream[],
    end: { readonly code: number; readonly reason: string },
  ): Promise<void> {
    const flushed = Promise.all(flushing.map((stream) => stream.flushed));
    await within(this.#clock, FLUSH_MS, flushed, this.closed);
    this.#closeNow(end);
  }

  #closeNow(end: { readonly code: number; readonly reason: string }): void {
    if (this.#end) return;
    this.#end = end;
    try {
      this.#session.close({ closeCode: end.code, reason: end.reason });
    } catch {
      // It has already failed; `closed` says how.
    }
  }

  async #runClosed(): Promise<TransportClose> {
    try {
      const { closeCode, reason } = await this.#session.closed;
      this.#end ??= { code: closeCode ?? 0, reason: reason ?? "" };
    } catch (cause) {
      const error = new MoqError("transport", messageOf(cause), { cause });
      this.#end ??= { reason: error.message, error };
    }
    this.#isClosing = true;
    return this.#end;
  }
}
