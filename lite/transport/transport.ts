/**
 * The central interface: what moq-lite needs from a QUIC, WebTransport or qmux
 * connection, independent of the runtime.
 *
 * @module
 */

/** How to open a stream. */
export interface OpenOptions {
  /** Strict i32 priority among the streams of this transport, higher first; fixed for the stream's life. Default 0. */
  readonly sendOrder?: number | undefined;
  /** Ends the wait for stream credit. */
  readonly signal?: AbortSignal | undefined;
}

/** How a transport ended. */
export interface TransportClose {
  /** The application's close code; `undefined` when the connection was lost. */
  readonly code?: number | undefined;
  /** The peer's text, or the description of the loss. */
  readonly reason: string;
  /** The underlying failure, unless it was closed deliberately. */
  readonly error?: Error | undefined;
}

/** The runtime's measurements of the path. */
export interface PathReport {
  /** The smoothed round trip in milliseconds. */
  readonly rttMs?: number | undefined;
  /** The estimated rate of the path, in bits per second. */
  readonly bitrateBps?: number | undefined;
}

/** The kinds of transports. */
export type TransportKind =
  | "quic"
  | "webtransport"
  | "websocket"
  | "message-port";

/** One QUIC, WebTransport or qmux connection. */
export interface Transport {
  /** Its kind; absent for other kinds. */
  readonly kind?: TransportKind | undefined;
  /** The negotiated ALPN or subprotocol, `undefined` if none. */
  readonly protocol: string | undefined;
  /** Whether `reset` reaches the peer as a reset. `false`: it looks like a close, so the data must end inside a frame. */
  readonly reliableReset: boolean;
  /** Opens a stream to the peer and waits for stream credit; throws `MoqError("transport")` if the transport ends, `signal.reason` on abort. */
  openUni(options?: OpenOptions): Promise<SendStream>;
  /** As {@linkcode Transport.openUni}, both directions. */
  openBidi(options?: OpenOptions): Promise<BidiStream>;
  /** The peer's streams, for one reader. A bad stream does not end the loop; it ends with the transport and never throws. */
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  /** As {@linkcode Transport.incomingUni}, both directions. */
  readonly incomingBidi: AsyncIterable<BidiStream>;
  /** Datagrams, if the transport has them. */
  readonly datagrams?: Datagrams | undefined;
  /**
   * The runtime's measurements of the path; never rejects. Only present if the
   * runtime measures, and `ready` waits for the path and not for a large buffer;
   * otherwise the session measures the path itself.
   */
  readonly report?: (() => Promise<PathReport>) | undefined;
  /** Ends the transport with an application code and a reason, which is cut to 1024 bytes of UTF-8; idempotent, never throws. */
  close(code: number, reason: string): void;
  /** Resolves once it has ended at either side; never rejects. */
  readonly closed: Promise<TransportClose>;
}

/** The sending half of a stream. */
export interface SendStream {
  /**
   * Resolves `true` when `write` may be called without building up a backlog,
   * `false` if the stream was stopped, reset or lost, or `signal` aborted; never
   * rejects.
   */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Queues `chunk`, which must not change afterwards. Never throws: failures appear in `ready` and `stopped`. */
  write(chunk: Uint8Array): void;
  /** Sends FIN after all writes; idempotent. */
  close(): void;
  /** Ends the stream early with the plain moq code; the adapter maps it to the wire. Idempotent, and a no-op after `close`. */
  reset(code: number): void;
  /**
   * Resolves if the stream ends before its FIN was sent: with the peer's plain
   * STOP_SENDING code, or `undefined` if it was reset here or lost. Stays pending
   * after a clean close. Never rejects.
   */
  readonly stopped: Promise<number | undefined>;
  /** Number of written bytes that a reset can no longer discard, also after the end; absent if unknown. */
  readonly sentBytes?: number | undefined;
}

/** The receiving half of a stream. */
export interface ReceiveStream {
  /**
   * Reads at least one byte into `into`, and takes ownership of it. Returns the
   * bytes as a view, on the same or another buffer, which may be reused for the
   * next call. `undefined` at FIN, and in every later call.
   * Throws `MoqError("remote")` with the plain `remoteCode` on a reset and
   * `MoqError("transport")` if the connection is lost, in every later call too.
   */
  read(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Asks the peer to stop, with the plain moq code; pending and later reads throw `MoqError("cancelled")`. Idempotent, never throws. */
  stop(code: number): void;
}

/** A stream in both directions. */
export interface BidiStream {
  /** Our half. */
  readonly send: SendStream;
  /** The peer's half. */
  readonly receive: ReceiveStream;
}

/** Unreliable messages. */
export interface Datagrams {
  /** Whether they may be lost and overtake streams, as in QUIC. If not, they have no advantage, and groups go on streams. */
  readonly isUnreliable: boolean;
  /** Largest payload that can be sent now, in bytes; 0 if the peer accepts none. */
  readonly maxBytes: number;
  /** Sends without waiting; drops it if it is too large, the queue is full or the transport has ended. */
  send(payload: Uint8Array): void;
  /** Received payloads, for one reader; a slow reader loses the oldest. Ends with the transport. */
  readonly incoming: AsyncIterable<Uint8Array>;
}
