/**
 * What of the standard's `WebTransport` is used, so that neither the DOM's types
 * nor any runtime's are needed. W3C WebTransport.
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

/** What is passed to a browser that opens a stream; it ignores what it does not know. */
export interface WebOpenOptions {
  /** Priority, higher first. */
  readonly sendOrder: number;
  /** Wait at the peer's stream limit. */
  readonly waitUntilAvailable: boolean;
}

/** Datagrams, as browsers have them. */
export interface WebDatagramsLike {
  /** Largest payload. */
  readonly maxDatagramSize: number;
  /** What comes. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What goes, in older browsers. */
  readonly writable?: WritableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** What goes, in newer ones. */
  createWritable?(): WritableStream<Uint8Array<ArrayBuffer>>;
}

/** What the browser measures of the connection; 0, `null` or nothing where it does not. */
export interface WebStatsLike {
  /** The round trip in milliseconds. */
  readonly smoothedRtt?: number | undefined;
  /** Bits per second. */
  readonly estimatedSendRate?: number | null | undefined;
}

/** What of the standard's `WebTransport` is used. */
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
  /** The subprotocol agreed on; empty for none, missing in older browsers. */
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
  /** What is measured; missing in older browsers. */
  getStats?(): Promise<WebStatsLike>;
  /** Ends the session. */
  close(info?: { closeCode: number; reason: string }): void;
}
