/**
 * Peers over UDP: WebTransport if the ALPN is `h3`, else raw QUIC. A misbehaving
 * peer only loses its own connection.
 *
 * @module
 */
import { type Logger, MoqError } from "@moq-deno/lite";
import { type Inbox, Tasks } from "@moq-deno/lite/internal";
import {
  type AcceptOptions,
  acceptWebTransport,
  type QuicListener,
  quicTransport,
} from "@moq-deno/lite/deno";
import type { IncomingPeer } from "../auth/auth.ts";
import { formatAddress } from "../config/rules.ts";
import { refusal } from "./refusal.ts";

/** Options of {@linkcode runQuic}. */
interface RunQuicOptions {
  /** Receives the peers. */
  readonly queue: Inbox<IncomingPeer>;
  /** WebTransport subprotocols, the names of the drafts. */
  readonly protocols: readonly string[];
  /** Timeout of the HTTP/3 handshake, in milliseconds. */
  readonly timeoutMs: number;
  /** Limit of incomplete HTTP/3 handshakes; above it the oldest is ended. */
  readonly maxWaiting: number;
  /** Logs peers that failed. */
  readonly log: Logger;
}

const EVERY_INTERFACE: readonly string[] = ["", "0.0.0.0", "::"];

/** The local address of a connection; `undefined` if the listener has all interfaces, since the runtime does not tell which one. */
function localOf({ endpoint }: Deno.QuicConn): string | undefined {
  const { addr } = endpoint;
  return EVERY_INTERFACE.includes(addr.hostname)
    ? undefined
    : formatAddress(addr);
}

function rawConnection(conn: Deno.QuicConn): IncomingPeer {
  const protocol = conn.protocol;
  return {
    transport: "quic",
    remote: formatAddress(conn.remoteAddr),
    local: localOf(conn),
    protocol,
    serverName: conn.serverName,
    accept: () => Promise.try(() => quicTransport(conn)),
    refuse(error) {
      const { code, reason } = refusal(error, protocol);
      conn.close({ closeCode: code, reason });
    },
  };
}

async function webTransportConnection(
  conn: Deno.QuicConn,
  options: AcceptOptions,
): Promise<IncomingPeer> {
  const request = await acceptWebTransport(conn, options);
  return {
    transport: "webtransport",
    target: request.url.pathname + request.url.search,
    serverName: request.url.hostname,
    origin: request.origin,
    remote: formatAddress(conn.remoteAddr),
    local: localOf(conn),
    protocol: request.protocol,
    accept: () => Promise.try(() => request.accept()),
    refuse(error) {
      const { code, reason } = refusal(error, request.protocol);
      request.reject(code, reason);
    },
  };
}

/** Adds the peers of a listener to `queue` until it ends; rejects if it fails. */
export async function runQuic(
  listener: QuicListener,
  options: RunQuicOptions,
): Promise<void> {
  const door = new Door(options);
  // Each peer has its own task: a stalled handshake delays no other peer.
  const tasks = new Tasks((_name, error) =>
    options.log.debug?.("handshake failed", { error })
  );
  for await (const conn of listener.incoming) {
    tasks.run("handshake", door.greet(conn));
  }
}

/** Connections that have not sent their request yet. */
class Door {
  readonly #options: RunQuicOptions;
  // Connections without a session request, the oldest first.
  readonly #waiting: Set<AbortController> = new Set();

  constructor(options: RunQuicOptions) {
    this.#options = options;
  }

  async greet(conn: Deno.QuicConn): Promise<void> {
    const incoming = conn.protocol === "h3"
      ? await this.#request(conn)
      : rawConnection(conn);
    this.#options.queue.push(incoming);
  }

  /** The session request of `conn`; throws if none arrives in time. */
  async #request(conn: Deno.QuicConn): Promise<IncomingPeer> {
    const { protocols, timeoutMs, maxWaiting, log } = this.#options;
    const leaving = new AbortController();
    const { signal } = leaving;
    this.#waiting.add(leaving);
    const [oldest] = this.#waiting;
    if (this.#waiting.size > maxWaiting) oldest?.abort(crowded(maxWaiting));
    try {
      const options = { protocols, timeoutMs, signal, log };
      return await webTransportConnection(conn, options);
    } finally {
      this.#waiting.delete(leaving);
    }
  }
}

function crowded(most: number): MoqError {
  return new MoqError(
    "timeout",
    `No request before ${most} other connections arrived`,
  );
}
