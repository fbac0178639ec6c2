/**
 * Connecting from Deno: raw QUIC for `moqt:` and `moql:`, WebTransport for
 * `https:`, and `http:` for development, which pins the certificate that the
 * relay shows.
 *
 * @module
 */
import { negotiateSession } from "../session/open.ts";
import { Connection, type ConnectionOptions } from "../session/reconnect.ts";
import type { SessionOptions, SessionScopes } from "../session/options.ts";
import type { Session } from "../session/session.ts";
import { fetchCertificateHash } from "../transport/certificate_hash.ts";
import type { Transport } from "../transport/transport.ts";
import { IN_BAND_ALPN, PROTOCOLS } from "../wire/version.ts";
import { connectQuic, type ConnectQuicOptions } from "./connect.ts";
import { connectWebTransport } from "./h3/connect.ts";

const EVERY_PROTOCOL = [...PROTOCOLS, IN_BAND_ALPN];

/** Options of {@linkcode dial}. */
export interface DenoDialOptions
  extends Omit<ConnectQuicOptions, "alpn" | "endpoint" | "maxUniStreams"> {
  /** @deprecated The name of `serverCertificateHashes` before there was one for every runtime. */
  readonly certificateHashes?: readonly Uint8Array<ArrayBuffer>[] | undefined;
  /** ALPNs or subprotocols in order of preference. Default every draft spoken here, newest first. */
  readonly protocols?: readonly string[] | undefined;
  /** Requests the peer may have open: one for every track that a relay takes from here. Default 2048; 128 for a {@linkcode connect} that only subscribes. */
  readonly maxBidiStreams?: number | undefined;
}

/** Options of {@linkcode connect}. */
export interface DenoConnectOptions
  extends
    DenoDialOptions,
    Omit<SessionOptions, "setup">,
    Partial<SessionScopes> {
  /** Set it if you only publish or only subscribe: it saves the relay work. Default both. */
  readonly role?: "publisher" | "subscriber" | undefined;
}

/**
 * Connects to a relay and speaks moq-lite to it. The credential and the path
 * are part of the URL. Throws `MoqError("transport")` when nobody answers,
 * `TypeError` for a scheme not known here, `signal.reason` on abort.
 *
 * ```ts ignore
 * await using session = await connect("moqt://relay.example:4443/demo");
 * for await (const group of session.consume("alice").track("chat").subscribe()) {
 *   for await (const frame of group.frames()) console.log(frame.payload);
 * }
 * ```
 */
export async function connect(
  url: string | URL,
  options: DenoConnectOptions = {},
): Promise<Session> {
  const target = new URL(url);
  const { role, maxBidiStreams = role === "subscriber" ? 128 : undefined } =
    options;
  const transport = await dial(target, { ...options, maxBidiStreams });
  const setup = { role, path: setupPath(target) };
  return await negotiateSession(transport, { ...options, setup });
}

/** The connection alone, as {@linkcode connect} makes it. */
export async function dial(
  url: URL,
  options: DenoDialOptions = {},
): Promise<Transport> {
  const {
    signal,
    address,
    protocols = EVERY_PROTOCOL,
    serverCertificateHashes = options.certificateHashes,
  } = options;
  const pinning = { ...options, serverCertificateHashes };
  if (isRawQuic(url)) {
    const quic = { ...pinning, alpn: protocols };
    const { transport } = await connectQuic(url, quic);
    return transport;
  }
  if (url.protocol === "https:") {
    return await connectWebTransport(url, { ...pinning, protocols });
  }
  if (url.protocol === "http:") {
    const shown = address === undefined ? url : atAddress(url, address);
    const pinned = await fetchCertificateHash(shown, signal);
    const secure = new URL(url);
    secure.protocol = "https:";
    return await dial(secure, {
      ...options,
      serverCertificateHashes: [pinned],
    });
  }
  throw new TypeError(
    `Expected a URL with moqt:, moql:, https: or http:, got ${url.protocol}`,
  );
}

function isRawQuic(url: URL): boolean {
  return url.protocol === "moqt:" || url.protocol === "moql:";
}

function atAddress(url: URL, address: string): URL {
  const there = new URL(url);
  there.hostname = address.includes(":") ? `[${address}]` : address;
  return there;
}

/** What SETUP says of `url`: its path and query where no request carries them, which is on raw QUIC. */
export function setupPath(url: URL): string | undefined {
  if (!isRawQuic(url)) return undefined;
  const path = url.pathname + url.search;
  return path === "" || path === "/" ? undefined : path;
}

/** A connection that is made again whenever it is lost; `close()` ends it. */
export function reconnect(
  url: string | URL,
  options: DenoConnectOptions & ConnectionOptions = {},
): Connection {
  const dialer = {
    dial: (more: DenoConnectOptions) => connect(url, { ...options, ...more }),
  };
  return new Connection(dialer, options);
}
