/**
 * Dialling over QUIC: all connections of a process share one UDP socket,
 * because Deno frees a socket only when it is garbage collected.
 *
 * @module
 */
import { messageOf, MoqError } from "../error.ts";
import { abortable } from "../signal.ts";
import { DEFAULT_MAX_REQUESTS } from "../transport/limits.ts";
import type { Transport } from "../transport/transport.ts";
import { quicTransport } from "./quic.ts";

/** Options of {@linkcode connectQuic}. */
export interface ConnectQuicOptions {
  /** Protocols in order of preference; the server picks. */
  readonly alpn: readonly string[];
  /** SHA-256 of the only certificates to trust. */
  readonly serverCertificateHashes?:
    | readonly Uint8Array<ArrayBuffer>[]
    | undefined;
  /** Roots to trust in addition to the usual ones, PEM. */
  readonly caCerts?: readonly string[] | undefined;
  /** Aborts the handshake. */
  readonly signal?: AbortSignal | undefined;
  /** A socket to use instead of the shared one, for example the server's. */
  readonly endpoint?: Deno.QuicEndpoint | undefined;
  /** Silence after which the connection is lost. Default 15 s. */
  readonly maxIdleTimeoutMs?: number | undefined;
  /** Interval of keep-alives on an idle connection. Default 4 s. */
  readonly keepAliveMs?: number | undefined;
  /** Unidirectional streams the peer may have open. Default 1024. */
  readonly maxUniStreams?: number | undefined;
  /** Bidirectional streams the peer may have open; each costs about 50 bytes. Default 2048. */
  readonly maxBidiStreams?: number | undefined;
  /** The IP address to connect to when the URL's host has several. TLS still uses the host's name. */
  readonly address?: string | undefined;
}

/** A dialled connection. */
export interface QuicConnection {
  /** Deno's connection, for its addresses; send through {@linkcode QuicConnection.transport}. */
  readonly conn: Deno.QuicConn;
  /** The connection as a transport, which owns it. */
  readonly transport: Transport;
}

const DEFAULT_PORT = 443;

let shared: Deno.QuicEndpoint | undefined;

/** Connects to a `moqt:` or `moql:` URL over raw QUIC; throws `MoqError("transport")` if that fails, `signal.reason` on abort. */
export async function connectQuic(
  url: URL,
  options: ConnectQuicOptions,
): Promise<QuicConnection> {
  if (url.protocol !== "moqt:" && url.protocol !== "moql:") {
    throw new TypeError(`Expected a moqt: or moql: URL, got ${url.protocol}`);
  }
  const conn = await dialQuic(url, options);
  return { conn, transport: quicTransport(conn) };
}

/** The bare connection to the host and port of `url`, 443 by default, for any scheme; throws as {@linkcode connectQuic} does. */
export async function dialQuic(
  url: URL,
  options: ConnectQuicOptions,
): Promise<Deno.QuicConn> {
  const { signal } = options;
  signal?.throwIfAborted();
  const dialling = dial(url, options);
  try {
    return await abortable(dialling, signal);
  } catch (error) {
    // Deno cannot cancel a handshake: close the connection if it still succeeds.
    if (signal?.aborted) dialling.then((conn) => conn.close(), () => {});
    throw error;
  }
}

async function dial(
  url: URL,
  options: ConnectQuicOptions,
): Promise<Deno.QuicConn> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const { serverCertificateHashes, caCerts } = options;
  try {
    const conn = await Deno.connectQuic({
      hostname: options.address ?? hostname,
      port,
      serverName: serverName(hostname, serverCertificateHashes !== undefined),
      alpnProtocols: [...options.alpn],
      endpoint: options.endpoint ?? sharedEndpoint(),
      maxIdleTimeout: options.maxIdleTimeoutMs ?? 15_000,
      keepAliveInterval: options.keepAliveMs ?? 4_000,
      // As for the listener: a publisher sends over the same networks.
      congestionControl: "low-latency",
      maxConcurrentUnidirectionalStreams: options.maxUniStreams ?? 1024,
      maxConcurrentBidirectionalStreams: options.maxBidiStreams ??
        DEFAULT_MAX_REQUESTS,
      ...(caCerts && { caCerts: [...caCerts] }),
      ...(serverCertificateHashes && pinned(serverCertificateHashes)),
    });
    // It may end when no one waits for `closed`.
    conn.closed.catch(() => {});
    return conn;
  } catch (cause) {
    const message = `Cannot connect to ${hostname}:${port} over QUIC: ${
      messageOf(cause)
    }`;
    throw new MoqError("transport", message, { cause });
  }
}

// Deno passes these on, but its types do not have them.
function pinned(hashes: readonly Uint8Array<ArrayBuffer>[]): object {
  return {
    serverCertificateHashes: hashes.map((value) => ({
      algorithm: "sha-256",
      value,
    })),
  };
}

// Some servers require a name, and TLS does not take an address for one. With a pinned certificate any name will do.
function serverName(hostname: string, isPinned: boolean): string {
  const isAddress = hostname.includes(":") || /^[\d.]+$/.test(hostname);
  return isAddress && isPinned ? "localhost" : hostname;
}

// Kept for the life of the process. It does not keep the process alive.
function sharedEndpoint(): Deno.QuicEndpoint {
  try {
    return shared ??= new Deno.QuicEndpoint({ hostname: "::" });
  } catch {
    // This host has no IPv6.
    return shared = new Deno.QuicEndpoint({ hostname: "0.0.0.0" });
  }
}
