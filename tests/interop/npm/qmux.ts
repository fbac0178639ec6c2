/**
 * What of `@moq/qmux` is used, and of `@moq/net` over it.
 *
 * @module
 */

/** Its sessions: a `WebTransport` over a WebSocket. */
export interface QmuxSession extends Omit<WebTransport, "datagrams"> {
  /** The protocol agreed on, `""` for none. */
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
  /** The wire form of each. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** `@moq/net` as far as it runs over a transport that is given to it. */
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
