/**
 * Peers that come over UDP: raw QUIC by its ALPN, and WebTransport where the
 * ALPN is `h3`. What a peer does wrong costs that connection alone.
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
  /** Where the peers go. */
  readonly queue: Inbox<IncomingPeer>;
  /** WebTransport subprotocols, the names of the drafts. */
  readonly protocols: readonly string[];
  /** Time for the HTTP/3 handshake, in milliseconds. */
  readonly timeoutMs: number;
  /** Peers at once whose HTTP/3 handshake is not complete; one more ends the oldest. */
  readonly maxWaiting: number;
  /** Hears of peers that failed. */
  readonly log: Logger;
}

const EVERY_INTERFACE: readonly string[] = ["", "0.0.0.0", "::"];

/** Where the connection came in; where every interface is listened on, the runtime does not say which it was. */
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

/** Puts the peers of a listener into `queue` as they come, until it ends; rejects when it fails. */
export async function runQuic(
  listener: QuicListener,
  options: RunQuicOptions,
): Promise<void> {
  const door = new Door(options);
  // Each peer has its own task: one that stalls in its handshake delays nobody.
  const tasks = new Tasks((_name, error) =>
    options.log.debug?.("handshake failed", { error })
  );
  for await (const conn of listener.incoming) {
    tasks.run("handshake", door.greet(conn));
  }
}

/** Where peers are until it is known what they want. */
class Door {
  readonly #options: RunQuicOptions;
  // Those that have not asked for a session yet, in the order of their coming.
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

  /** The session that `conn` asks for; throws when none is asked for in time. */
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
    `Expected a request before ${most} others came, got none`,
  );
}
