/**
 * The part of `@moq/qmux` in use, and of `@moq/net` over it.
 *
 * @module
 */

/** A session: a `WebTransport` over a WebSocket. */
export interface QmuxSession extends Omit<WebTransport, "datagrams"> {
  /** The agreed protocol, or `""`. */
  readonly protocol: string;
  /** Datagrams. */
  readonly datagrams: {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly maxDatagramSize: number;
  };
}

/** What a client offers. */
export interface QmuxOptions {
  /** Protocols. */
  readonly protocols?: readonly string[];
  /** The wire format of each. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** The part of `@moq/net` that runs over a given transport. */
interface NetOverTransport {
  readonly Broadcast: { readonly Producer: new () => Producer };
  readonly Connection: {
    accept(transport: WebTransport, url: URL): Promise<Connection>;
    connect(
      url: URL,
      options: { readonly transport: WebTransport },
    ): Promise<Connection>;
  };
  readonly Path: { from(path: string): unknown };
}

interface Producer {
  createTrack(name: string): { writeString(text: string): void };
}

interface Connection {
  publish(path: unknown, broadcast: Producer): void;
  announced(): { next(): Promise<{ readonly path: string } | undefined> };
  consume(path: unknown): { track(name: string): { subscribe(): Reader } };
  close(): void;
}

interface Reader {
  readString(): Promise<string | undefined>;
  close(): void;
}

/** Both packages. */
export interface Qmux {
  /** Sessions. */
  readonly QmuxSession: {
    new (url: URL, options: QmuxOptions): QmuxSession;
    accept(
      socket: WebSocket,
      options: { readonly protocol: string },
    ): QmuxSession;
  };
  /** The reason of a reset. */
  readonly StreamError: new (code: number) => Error;
  /** `@moq/net`. */
  readonly Net: NetOverTransport;
}
