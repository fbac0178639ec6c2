/**
 * Connecting from a page or any runtime with WebTransport or WebSocket.
 * Deno programs have `connect` of `@moq-deno/lite/deno`, which speaks raw QUIC
 * as well.
 *
 * @module
 */
import { negotiateSession } from "./session/open.ts";
import { Connection, type ConnectionOptions } from "./session/reconnect.ts";
import type { SessionOptions, SessionScopes } from "./session/options.ts";
import type { Session } from "./session/session.ts";
import { dialWeb, type DialWebOptions } from "./transport/dial.ts";
import { PROTOCOLS } from "./wire/version.ts";

/** Options of {@linkcode connect}. */
export interface ConnectOptions
  extends
    Partial<DialWebOptions>,
    Omit<SessionOptions, "setup">,
    Partial<SessionScopes> {
  /** Set it if you only publish or only subscribe: it saves the relay work. Default both. */
  readonly role?: "publisher" | "subscriber" | undefined;
}

/**
 * Connects to a relay at an `https:` URL, or `http:` in development, over
 * WebTransport or WebSocket. Path and credential are part of the URL. Throws
 * `MoqError("transport")` when neither way leads to a relay that lets us in,
 * `TypeError` for another scheme, `signal.reason` on abort. A relay that refuses
 * after connecting ends the session with `unauthorized`.
 */
export async function connect(
  url: string | URL,
  options: ConnectOptions = {},
): Promise<Session> {
  const transport = await dialWeb(new URL(url), {
    protocols: PROTOCOLS,
    ...options,
  });
  const setup = { role: options.role };
  return await negotiateSession(transport, { ...options, setup });
}

/** A connection that is made again whenever it is lost; `close()` ends it. */
export function reconnect(
  url: string | URL,
  options: ConnectOptions & ConnectionOptions = {},
): Connection {
  const dialer = {
    dial: (more: ConnectOptions) => connect(url, { ...options, ...more }),
  };
  return new Connection(dialer, options);
}
