/**
 * The one contract everything hangs on: what moq-lite needs of a QUIC,
 * WebTransport or qmux connection, and nothing of any runtime.
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
  /** The peer's words, or what was lost. */
  readonly reason: string;
  /** The failure behind it, unless somebody closed it on purpose. */
  readonly error?: Error | undefined;
}

/** What a runtime tells of its own path. */
export interface PathReport {
  /** The round trip in milliseconds, as the runtime smooths it. */
  readonly rttMs?: number | undefined;
  /** What the path is believed to carry, in bits per second. */
  readonly bitrateBps?: number | undefined;
}

/** What may carry a transport. */
export type TransportKind =
  | "quic"
  | "webtransport"
  | "websocket"
  | "message-port";

/** One QUIC, WebTransport or qmux connection. */
export interface Transport {
  /** What carries it; absent where that is nothing of these. */
  readonly kind?: TransportKind | undefined;
  /** The ALPN or subprotocol agreed on, `undefined` when none was. */
  readonly protocol: string | undefined;
  /** Whether `reset` reaches the peer as a reset. `false`: it looks like a close, so what is reset must end inside a frame. */
  readonly reliableReset: boolean;
  /** Opens a stream to the peer; waits for stream credit; throws `MoqError("transport")` when the transport ends, `signal.reason` on abort. */
  openUni(options?: OpenOptions): Promise<SendStream>;
  /** As {@linkcode Transport.openUni}, both directions. */
  openBidi(options?: OpenOptions): Promise<BidiStream>;
  /** Streams the peer opens; for one reader. A bad stream never ends the loop; it ends with the transport and never throws. */
  readonly incomingUni: AsyncIterable<ReceiveStream>;
  /** As {@linkcode Transport.incomingUni}, both directions. */
  readonly incomingBidi: AsyncIterable<BidiStream>;
  /** Datagrams, where the transport has them. */
  readonly datagrams?: Datagrams | undefined;
  /**
   * Tells what the runtime measures of the path; never rejects. Only where it
   * measures, and where `ready` waits for the path and not for a large buffer;
   * elsewhere the session measures for itself.
   */
  readonly report?: (() => Promise<PathReport>) | undefined;
  /** Ends it with an application code and a reason, which is cut to 1024 bytes of UTF-8; idempotent, never throws. */
  close(code: number, reason: string): void;
  /** Resolves once it has ended, whoever ended it; never rejects. */
  readonly closed: Promise<TransportClose>;
}

/** The sending half of a stream. */
export interface SendStream {
  /**
   * Resolves `true` when `write` may be called again without building up a
   * backlog, `false` when the stream was stopped, reset or lost, or `signal`
   * aborted; never rejects.
   */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Queues `chunk`, which must not change afterwards. Never throws: failures show in `ready` and `stopped`. */
  write(chunk: Uint8Array): void;
  /** FIN after what was written; idempotent. */
  close(): void;
  /** Ends the stream early with the plain moq code; the adapter maps it to the wire. Idempotent, and a no-op after `close`. */
  reset(code: number): void;
  /**
   * Resolves when the stream has ended before its FIN was sent: with the
   * peer's plain STOP_SENDING code, or `undefined` when it was reset by us or
   * lost. Pending for ever after a clean close. Never rejects.
   */
  readonly stopped: Promise<number | undefined>;
  /** How many of the bytes written no reset takes back any more, during the stream's life and after it; absent where nobody knows. */
  readonly sentBytes?: number | undefined;
}

/** The receiving half of a stream. */
export interface ReceiveStream {
  /**
   * Reads at least one byte into `into`, which now belongs to the stream; what
   * was read comes back as a view, on the same or another buffer that may be
   * reused for the next call. `undefined` at FIN, and in every later call.
   * Throws `MoqError("remote")` with the plain `remoteCode` on a reset and
   * `MoqError("transport")` when the connection is lost, in every later call too.
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
  /** Whether they may be lost and overtake streams, as QUIC's do. Where they share one ordered stream with everything else they gain nothing, and groups go on streams. */
  readonly isUnreliable: boolean;
  /** Largest payload that can be sent now, in bytes; 0 when the peer takes none. */
  readonly maxBytes: number;
  /** Sends without waiting; dropped when it is too large, the queue is full or the transport has ended. */
  send(payload: Uint8Array): void;
  /** Payloads as they come, for one reader; the oldest are dropped when it is slow. Ends with the transport. */
  readonly incoming: AsyncIterable<Uint8Array>;
}
