/**
 * A relay on loopback, and sessions with it over QUIC, WebTransport and
 * WebSocket, for tests that need real connections.
 *
 * @module
 */
import { connect as connectWeb, PROTOCOLS, type Session } from "@moq-deno/lite";
import { dialWeb } from "@moq-deno/lite/internal";
import type { Transport } from "@moq-deno/lite/transport";
import { connect, dial } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";

/** A transport for clients. */
export type Way = "QUIC" | "WebTransport" | "WebSocket";

/** All transports. */
export const WAYS: readonly Way[] = ["QUIC", "WebTransport", "WebSocket"];

/** A relay and its clients; disposal closes all. */
export interface Loopback extends AsyncDisposable {
  /** Connects a client with the newest draft, or with `protocols`. */
  connect(way: Way, protocols?: readonly string[]): Promise<Session>;
  /** Connects without a session. */
  dial(way: Way, protocols?: readonly string[]): Promise<Transport>;
}

/** Starts a relay that allows everything. */
export async function loopback(): Promise<Loopback> {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const sessions: Session[] = [];
  const transports: Transport[] = [];
  const serverCertificateHashes = [Uint8Array.fromHex(relay.fingerprint)];
  const urlOf = (way: Way): URL => {
    const isWeb = way === "WebSocket";
    const [at] = isWeb ? relay.httpAddresses : relay.addresses;
    const scheme = isWeb ? "http" : way === "QUIC" ? "moqt" : "https";
    return new URL(`${scheme}://127.0.0.1:${at?.port}/`);
  };
  return {
    async connect(way, protocols = PROTOCOLS) {
      const session = way === "WebSocket"
        ? await connectWeb(urlOf(way), { webTransport: false, protocols })
        : await connect(urlOf(way), { serverCertificateHashes, protocols });
      sessions.push(session);
      return session;
    },
    async dial(way, protocols = PROTOCOLS) {
      const transport = way === "WebSocket"
        ? await dialWeb(urlOf(way), { webTransport: false, protocols })
        : await dial(urlOf(way), { serverCertificateHashes, protocols });
      transports.push(transport);
      return transport;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.close();
      for (const transport of transports) transport.close(0, "");
      await Promise.all([...sessions, ...transports].map((one) => one.closed));
      await relay.close();
    },
  };
}

/** Resolves when `path` is announced to `session`. */
export async function announced(session: Session, path: string): Promise<void> {
  for await (const event of session.announced()) {
    if (event.path === path && event.kind !== "end") return;
  }
}
