/**
 * Connecting from Deno: raw QUIC for `moqt:` and `moql:`, WebTransport for
 * `https:`, and `http:` for development, which pins the certificate that the
 * relay shows.
 *
 * @module
 */
import { negotiateSession } from "../session/open.ts";
import { Connection, type ConnectionOptions } from "../session/reconnect.ts";
import type {
  Session,
  SessionOptions,
  SessionScopes,
} from "../session/session.ts";
import { fetchCertificateHash } from "../transport/certificate_hash.ts";
import type { Transport } from "../transport/transport.ts";
import { IN_BAND_ALPN, PROTOCOLS } from "../wire/version.ts";
import { connectQuic } from "./connect.ts";
import { connectWebTransport } from "./h3/connect.ts";

const EVERY_PROTOCOL = [...PROTOCOLS, IN_BAND_ALPN];

/** Options of {@linkcode dial}. */
export interface DenoDialOptions {
  /** SHA-256 of certificates to trust in place of all others. */
  readonly certificateHashes?: readonly Uint8Array<ArrayBuffer>[] | undefined;
  /** Roots to trust besides the usual ones, PEM. */
  readonly caCerts?: readonly string[] | undefined;
  /** ALPNs or subprotocols in order of preference. Default every draft spoken here, newest first. */
  readonly protocols?: readonly string[] | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode connect}. */
export interface DenoConnectOptions
  extends
    DenoDialOptions,
    Omit<SessionOptions, "setup">,
    Partial<SessionScopes> {
  /** What we will do, if not both: spares the relay the other half. */
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
  const transport = await dial(target, options);
  const { role } = options;
  // Where no request carries the path, SETUP does.
  const path = isRawQuic(target) ? pathOf(target) : undefined;
  const setup = { role, path };
  return await negotiateSession(transport, { ...options, setup });
}

/** The connection alone, as {@linkcode connect} makes it. */
export async function dial(
  url: URL,
  options: DenoDialOptions = {},
): Promise<Transport> {
  const { certificateHashes, caCerts, signal, protocols = EVERY_PROTOCOL } =
    options;
  if (isRawQuic(url)) {
    const { transport } = await connectQuic(url, {
      alpn: protocols,
      certificateHashes,
      caCerts,
      signal,
    });
    return transport;
  }
  if (url.protocol === "https:") {
    return await connectWebTransport(url, {
      protocols,
      certificateHashes,
      caCerts,
      signal,
    });
  }
  if (url.protocol === "http:") {
    const pinned = await fetchCertificateHash(url, signal);
    const secure = new URL(url);
    secure.protocol = "https:";
    return await dial(secure, { ...options, certificateHashes: [pinned] });
  }
  throw new TypeError(
    `Expected a URL with moqt:, moql:, https: or http:, got ${url.protocol}`,
  );
}

function isRawQuic(url: URL): boolean {
  return url.protocol === "moqt:" || url.protocol === "moql:";
}

function pathOf({ pathname, search }: URL): string | undefined {
  const path = pathname + search;
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
