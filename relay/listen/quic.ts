/**
 * Peers that come over UDP: raw QUIC by its ALPN, and WebTransport where the
 * ALPN is `h3`. What a peer does wrong costs that connection alone.
 *
 * @module
 */
import {
  codeTable,
  type Logger,
  type MoqError,
  sessionCodeOf,
  versionOf,
} from "@moq-deno/lite";
import {
  acceptWebTransport,
  type QuicListener,
  quicTransport,
} from "@moq-deno/lite/deno";
import type { IncomingConnection } from "../auth.ts";
import { formatAddress } from "../config_rules.ts";
import type { Queue } from "./queue.ts";

/** Options of {@linkcode runQuic}. */
export interface RunQuicOptions {
  /** Where the peers go. */
  readonly queue: Queue<IncomingConnection>;
  /** WebTransport subprotocols, the names of the drafts. */
  readonly protocols: readonly string[];
  /** Time for the HTTP/3 handshake, in milliseconds. */
  readonly timeoutMs: number;
  /** Hears of peers that failed. */
  readonly log: Logger;
}

/** The close code and reason that tell a peer of `protocol` why it was turned away. */
export function refusal(
  error: MoqError,
  protocol: string | undefined,
): { readonly code: number; readonly reason: string } {
  const version = protocol === undefined ? undefined : versionOf(protocol);
  const table = version === undefined ? "up-to-05" : codeTable(version);
  return { code: sessionCodeOf(error, table), reason: error.message };
}

const EVERY_INTERFACE: readonly string[] = ["", "0.0.0.0", "::"];

/** Where the connection came in; where every interface is listened on, the runtime does not say which it was. */
function localOf({ endpoint }: Deno.QuicConn): string | undefined {
  const { addr } = endpoint;
  return EVERY_INTERFACE.includes(addr.hostname)
    ? undefined
    : formatAddress(addr);
}

function rawConnection(conn: Deno.QuicConn): IncomingConnection {
  const protocol = conn.protocol;
  return {
    kind: "quic",
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
  { protocols, timeoutMs, log }: RunQuicOptions,
): Promise<IncomingConnection> {
  const request = await acceptWebTransport(conn, { protocols, timeoutMs, log });
  return {
    kind: "webtransport",
    url: request.url,
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

/** Puts the peers of a listener into `queue` as they come, until it ends; never rejects. */
export async function runQuic(
  listener: QuicListener,
  options: RunQuicOptions,
): Promise<void> {
  try {
    for await (const conn of listener.incoming) {
      // Each peer has its own task, which never rejects: one that stalls in its handshake delays nobody.
      void greet(conn, options);
    }
  } catch (error) {
    options.log.error?.("listener failed, restart the relay", { error });
  }
}

async function greet(
  conn: Deno.QuicConn,
  options: RunQuicOptions,
): Promise<void> {
  try {
    const incoming = conn.protocol === "h3"
      ? await webTransportConnection(conn, options)
      : rawConnection(conn);
    options.queue.push(incoming);
  } catch (error) {
    options.log.debug?.("handshake failed", { error });
  }
}
