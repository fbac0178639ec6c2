/**
 * Dialling over QUIC: all connections of a process share one UDP socket,
 * because Deno frees a socket only when it is garbage collected.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { abortable } from "../signal.ts";
import { DEFAULT_MAX_REQUESTS } from "../transport/limits.ts";
import type { Transport } from "../transport/transport.ts";
import { quicTransport } from "./quic.ts";

/** Options of {@linkcode connectQuic}. */
export interface ConnectQuicOptions {
  /** Protocols in our order of preference; the server picks. */
  readonly alpn: readonly string[];
  /** SHA-256 of certificates to trust in place of all others. */
  readonly serverCertificateHashes?:
    | readonly Uint8Array<ArrayBuffer>[]
    | undefined;
  /** Roots to trust besides the usual ones, PEM. */
  readonly caCerts?: readonly string[] | undefined;
  /** Gives up waiting for the handshake. */
  readonly signal?: AbortSignal | undefined;
  /** Another socket than the shared one, for example the server's own. */
  readonly endpoint?: Deno.QuicEndpoint | undefined;
  /** Silence after which the connection is lost. Default 15 s. */
  readonly maxIdleTimeoutMs?: number | undefined;
  /** How often an idle connection is kept alive. Default 4 s. */
  readonly keepAliveMs?: number | undefined;
  /** Unidirectional streams the peer may have open. Default 1024. */
  readonly maxUniStreams?: number | undefined;
  /** Bidirectional streams the peer may have open; each costs about 50 bytes. Default 2048. */
  readonly maxBidiStreams?: number | undefined;
  /** The IP address to go to where the URL's host, which stays the name in TLS, has several. */
  readonly address?: string | undefined;
}

/** A dialled connection. */
export interface QuicConnection {
  /** Deno's connection, for its addresses; what is sent goes through {@linkcode QuicConnection.transport}. */
  readonly conn: Deno.QuicConn;
  /** The connection as a transport, which owns it. */
  readonly transport: Transport;
}

const DEFAULT_PORT = 443;

let shared: Deno.QuicEndpoint | undefined;

/** Connects to a `moqt:` or `moql:` URL over raw QUIC; throws `MoqError("transport")` when it fails, `signal.reason` on abort. */
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

/** The bare connection to the host and port of `url`, 443 by default, whatever its scheme; failures as {@linkcode connectQuic}. */
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
    // Deno cannot take the handshake back: whatever becomes of it is closed, or has failed already.
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
      // As the listener does: what a publisher sends meets the same networks.
      congestionControl: "low-latency",
      maxConcurrentUnidirectionalStreams: options.maxUniStreams ?? 1024,
      maxConcurrentBidirectionalStreams: options.maxBidiStreams ??
        DEFAULT_MAX_REQUESTS,
      ...(caCerts && { caCerts: [...caCerts] }),
      ...(serverCertificateHashes && pinned(serverCertificateHashes)),
    });
    // Nobody may be looking when it ends.
    conn.closed.catch(() => {});
    return conn;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new MoqError(
      "transport",
      `Expected a QUIC connection to ${hostname}:${port}, got: ${said}`,
      { cause },
    );
  }
}

// Deno passes these on though its types do not say so.
function pinned(hashes: readonly Uint8Array<ArrayBuffer>[]): object {
  return {
    serverCertificateHashes: hashes.map((value) => ({
      algorithm: "sha-256",
      value,
    })),
  };
}

// Some servers insist on a name, and an address is none in TLS; behind a pinned certificate any name will do.
function serverName(hostname: string, isPinned: boolean): string {
  const isAddress = hostname.includes(":") || /^[\d.]+$/.test(hostname);
  return isAddress && isPinned ? "localhost" : hostname;
}

// Kept for the life of the process, which it does not prolong.
function sharedEndpoint(): Deno.QuicEndpoint {
  shared ??= anyEndpoint();
  return shared;
}

function anyEndpoint(): Deno.QuicEndpoint {
  try {
    return new Deno.QuicEndpoint({ hostname: "::" });
  } catch {
    // A host without IPv6.
    return new Deno.QuicEndpoint({ hostname: "0.0.0.0" });
  }
}
