/**
 * A QUIC listener that no client can end: a bad handshake ends only its own
 * connection.
 *
 * @module
 */
import { messageOf, MoqError } from "../error.ts";
import { type Logger, SILENT } from "../log.ts";
import type { Clock } from "../time.ts";
import { Inbox } from "../transport/inbox.ts";
import { type HandshakeCounts, Handshakes } from "./handshakes.ts";

/** A certificate chain and its key, both PEM. */
export interface ServerCertificate {
  /** The chain, the server's own first. */
  readonly cert: string;
  /** The private key, PKCS #8. */
  readonly key: string;
}

/** Options of {@linkcode listenQuic}. */
export interface ListenQuicOptions extends ServerCertificate {
  /** Address to bind. Default `::`, which is IPv4 too. */
  readonly hostname?: string | undefined;
  /** UDP port; 0 for any. */
  readonly port: number;
  /** Protocols in order of preference. */
  readonly alpn: readonly string[];
  /** Silence after which a connection is lost. Default 15 s. */
  readonly maxIdleTimeoutMs?: number | undefined;
  /** Interval of keep-alives on an idle connection. Default 4 s. */
  readonly keepAliveMs?: number | undefined;
  /** Unidirectional streams a peer may have open, at most 65535. Default 1024. */
  readonly maxUniStreams?: number | undefined;
  /** Bidirectional streams a peer may have open, at most 65535. Default 1024. */
  readonly maxBidiStreams?: number | undefined;
  /** Timeout of a handshake, in milliseconds. Default 10 s. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Handshakes held at once; excess ones are ignored. Default 1024. */
  readonly maxHandshakes?: number | undefined;
  /** Logs failed handshakes, at debug level. */
  readonly log?: Logger | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** A bound UDP port that yields connections. */
export interface QuicListener {
  /** The address it is bound to. */
  readonly addr: Deno.NetAddr;
  /** Connections whose handshake is complete, for one reader. Throws `MoqError("transport")` if the socket fails. */
  readonly incoming: AsyncIterable<Deno.QuicConn>;
  /** Counts of handshakes so far. */
  readonly handshakes: HandshakeCounts;
  /** Uses `certificate` for new handshakes; throws `MoqError("transport")` and keeps the old one if it is not usable. */
  reload(certificate: ServerCertificate): void;
  /** Ends the listener and all its connections; idempotent. Deno may hold the port until the process ends. */
  close(): void;
}

// Deno allocates memory for every allowed stream, and loops over them: 4e9 hangs the process.
const MAX_STREAMS = 65_535;
// BBR: the default, Cubic, takes every lost packet for a full queue. Video stalls at a few percent of loss.
const CONGESTION_CONTROL = "low-latency";
const MAX_WAITING = 256;

/** Binds a UDP port and accepts connections; throws `MoqError("transport")` if the port or the certificate is not usable. */
export function listenQuic(options: ListenQuicOptions): QuicListener {
  return new Listener(options);
}

class Listener implements QuicListener {
  readonly addr: Deno.NetAddr;
  readonly #options: ListenQuicOptions;
  readonly #log: Logger;
  readonly #endpoint: Deno.QuicEndpoint;
  // A garbage collected listener stops the server, even if a newer one has replaced it.
  readonly #listeners: Deno.QuicListener[] = [];
  readonly #accepted = new Inbox<Deno.QuicConn>(MAX_WAITING);
  readonly #handshakes: Handshakes;
  #closed = false;
  #failure: MoqError | undefined;

  constructor(options: ListenQuicOptions) {
    checkStreams(options.maxUniStreams);
    checkStreams(options.maxBidiStreams);
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#handshakes = new Handshakes({
      max: options.maxHandshakes,
      timeoutMs: options.handshakeTimeoutMs,
      clock: options.clock,
    });
    this.#endpoint = bind(options.hostname ?? "::", options.port);
    this.addr = this.#endpoint.addr;
    const listener = this.#listen(options);
    void this.#runAccept(listener); // Never rejects.
  }

  readonly incoming: AsyncIterable<Deno.QuicConn> = {
    [Symbol.asyncIterator]: () => this.#incoming(),
  };

  get handshakes(): HandshakeCounts {
    return this.#handshakes.counts;
  }

  reload(certificate: ServerCertificate): void {
    this.#listen(certificate);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#accepted.end();
    this.#handshakes.close();
    for (const listener of this.#listeners) listener.stop();
    this.#endpoint.close({ closeCode: 0, reason: "" });
  }

  async *#incoming(): AsyncGenerator<Deno.QuicConn, void> {
    yield* this.#accepted;
    if (this.#failure) throw this.#failure;
  }

  #listen({ cert, key }: ServerCertificate): Deno.QuicListener {
    const options = this.#options;
    try {
      const listener = this.#endpoint.listen({
        cert,
        key,
        alpnProtocols: [...options.alpn],
        maxIdleTimeout: options.maxIdleTimeoutMs ?? 15_000,
        keepAliveInterval: options.keepAliveMs ?? 4_000,
        congestionControl: CONGESTION_CONTROL,
        maxConcurrentUnidirectionalStreams: options.maxUniStreams ?? 1024,
        maxConcurrentBidirectionalStreams: options.maxBidiStreams ?? 1024,
      });
      this.#listeners.push(listener);
      return listener;
    } catch (cause) {
      const message = `Cannot listen with this certificate and key: ${
        messageOf(cause)
      }`;
      throw new MoqError("transport", message, { cause });
    }
  }

  // The first listener still yields all connections after a reload.
  async #runAccept(listener: Deno.QuicListener): Promise<void> {
    try {
      for (;;) {
        const incoming = await listener.incoming();
        void this.#runHandshake(incoming); // Never rejects.
      }
    } catch (cause) {
      if (this.#closed) return;
      this.#failure = new MoqError("transport", "The QUIC listener failed", {
        cause,
      });
      this.#accepted.end();
    }
  }

  // Do not read incoming.remoteAddr here: that would refuse the client.
  async #runHandshake(incoming: Deno.QuicIncoming): Promise<void> {
    try {
      const conn = await this.#handshakes.complete(incoming);
      const tooMany = this.#accepted.push(conn);
      tooMany?.close({ closeCode: 0, reason: "Too many connections" });
    } catch (error) {
      this.#log.debug?.("QUIC handshake failed", { error });
    }
  }
}

function bind(hostname: string, port: number): Deno.QuicEndpoint {
  try {
    return new Deno.QuicEndpoint({ hostname, port });
  } catch (cause) {
    const said = cause instanceof Deno.errors.AddrInUse
      ? "it is in use"
      : messageOf(cause);
    throw new MoqError(
      "transport",
      `Cannot bind UDP port ${port} of ${hostname}: ${said}`,
      { cause },
    );
  }
}

function checkStreams(count = 0): void {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_STREAMS) return;
  throw new RangeError(
    `Expected a stream limit from 0 to ${MAX_STREAMS}, got ${count}`,
  );
}
