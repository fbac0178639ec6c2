/**
 * The used part of the standard's `WebTransport`, so that neither the DOM's nor
 * a runtime's types are needed. W3C WebTransport.
 *
 * @module
 */

/** A stream in both directions, as browsers have it. */
export interface WebBidiStreamLike {
  /** The peer's half. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Our half. */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

/** Options for opening a stream; browsers ignore unknown ones. */
export interface WebOpenOptions {
  /** Priority, higher first. */
  readonly sendOrder: number;
  /** Waits at the peer's stream limit. */
  readonly waitUntilAvailable: boolean;
}

/** Datagrams, as browsers have them. */
export interface WebDatagramsLike {
  /** Largest payload. */
  readonly maxDatagramSize: number;
  /** Received datagrams. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Sends datagrams, in older browsers. */
  readonly writable?: WritableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** Sends datagrams, in newer browsers. */
  createWritable?(): WritableStream<Uint8Array<ArrayBuffer>>;
}

/** The browser's measurements of the connection; 0, `null` or absent if not measured. */
export interface WebStatsLike {
  /** The round trip in milliseconds. */
  readonly smoothedRtt?: number | undefined;
  /** Bits per second. */
  readonly estimatedSendRate?: number | null | undefined;
}

/** The used part of the standard's `WebTransport`. */
export interface WebTransportLike {
  /** Resolves once the session is established. */
  readonly ready: Promise<unknown>;
  /** How it ended. */
  readonly closed: Promise<
    {
      readonly closeCode?: number | undefined;
      readonly reason?: string | undefined;
    }
  >;
  /** The negotiated subprotocol; empty for none, missing in older browsers. */
  readonly protocol?: string | undefined;
  /** Datagrams. */
  readonly datagrams?: WebDatagramsLike | undefined;
  /** Streams that the peer opens. */
  readonly incomingUnidirectionalStreams: ReadableStream<
    ReadableStream<Uint8Array>
  >;
  /** Streams that the peer opens. */
  readonly incomingBidirectionalStreams: ReadableStream<WebBidiStreamLike>;
  /** Opens a stream. */
  createUnidirectionalStream(
    options?: WebOpenOptions,
  ): Promise<WritableStream<Uint8Array<ArrayBuffer>>>;
  /** Opens a stream. */
  createBidirectionalStream(
    options?: WebOpenOptions,
  ): Promise<WebBidiStreamLike>;
  /** Measurements; missing in older browsers. */
  getStats?(): Promise<WebStatsLike>;
  /** Ends the session. */
  close(info?: { closeCode: number; reason: string }): void;
}
