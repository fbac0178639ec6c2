/**
 * A relay on loopback and sessions with it over QUIC, WebTransport and
 * WebSocket, for what has to be seen on real connections.
 *
 * @module
 */
import { connect as connectWeb, PROTOCOLS, type Session } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";

/** How a session is carried. */
export type Way = "QUIC" | "WebTransport" | "WebSocket";

/** All of them. */
export const WAYS: readonly Way[] = ["QUIC", "WebTransport", "WebSocket"];

/** A relay and its clients; disposing of it ends all. */
export interface Loopback extends AsyncDisposable {
  /** A client of the relay, speaking the newest draft or those named. */
  connect(way: Way, protocols?: readonly string[]): Promise<Session>;
}

/** A relay that lets everybody do everything. */
export async function loopback(): Promise<Loopback> {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const sessions: Session[] = [];
  const certificateHashes = [Uint8Array.fromHex(relay.fingerprint)];
  const dial = async (
    way: Way,
    protocols: readonly string[],
  ): Promise<Session> => {
    if (way === "WebSocket") {
      const [{ port } = { port: 0 }] = relay.httpAddresses;
      const url = `http://127.0.0.1:${port}/`;
      return await connectWeb(url, { webTransport: false, protocols });
    }
    const scheme = way === "QUIC" ? "moqt" : "https";
    const [{ port } = { port: 0 }] = relay.addresses;
    const url = `${scheme}://127.0.0.1:${port}/`;
    return await connect(url, { certificateHashes, protocols });
  };
  return {
    async connect(way, protocols = PROTOCOLS) {
      const session = await dial(way, protocols);
      sessions.push(session);
      return session;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.close();
      await Promise.all(sessions.map(({ closed }) => closed));
      await relay.close();
    },
  };
}

/** Resolves when `session` knows of `path`. */
export async function announced(session: Session, path: string): Promise<void> {
  for await (const event of session.announced()) {
    if (event.path === path && event.kind !== "end") return;
  }
}
