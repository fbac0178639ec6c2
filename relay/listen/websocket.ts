/**
 * Peers that come over TCP: WebSocket on any path. The answer to the upgrade
 * waits until it is known whether the peer is let in.
 *
 * @module
 */
import {
  parseWebSocketProtocol,
  type QmuxTuning,
  selectWebSocketProtocol,
  webSocketTransport,
} from "@moq-deno/lite";
import type { IncomingConnection } from "../auth.ts";
import { statusOf } from "../http.ts";

/** Options of {@linkcode incomingWebSocket}. */
export interface IncomingWebSocketOptions {
  /** The names of the drafts, best first. */
  readonly protocols: readonly string[];
  /** The peer's address, `host:port`. */
  readonly remote: string;
  /** What the peer may do. */
  readonly tuning: QmuxTuning;
}

/** A WebSocket at the door. */
export interface IncomingWebSocket {
  /** The peer; absent when it offers subprotocols and none is known here. */
  readonly incoming: IncomingConnection | undefined;
  /** The answer, once `incoming` was accepted or refused; never rejects. */
  readonly response: Promise<Response>;
}

// Seconds without an answer to a ping after which the runtime ends a socket: half-open TCP would keep broadcasts announced for hours.
const IDLE_TIMEOUT_S = 30;

/** Whether `request` asks for a WebSocket. */
export function isWebSocketUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The peer behind an upgrade request. */
export function incomingWebSocket(
  request: Request,
  { protocols, remote, tuning }: IncomingWebSocketOptions,
): IncomingWebSocket {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",").map((name) => name.trim()).filter((name) => name !== "");
  // A client that offers nothing speaks the oldest form, and agrees on a draft in band.
  const subprotocol = offered.length === 0
    ? ""
    : selectWebSocketProtocol(offered, protocols);
  if (subprotocol === undefined) {
    const text = `Expected a subprotocol such as qmux-01.${protocols[0]}\n`;
    const refused = new Response(text, { status: 400 });
    return { incoming: undefined, response: Promise.resolve(refused) };
  }
  const { protocol } = parseWebSocketProtocol(subprotocol);
  const answer = Promise.withResolvers<Response>();
  const incoming: IncomingConnection = {
    kind: "websocket",
    url: new URL(request.url),
    origin: request.headers.get("origin") ?? undefined,
    remote,
    protocol,
    alpn: subprotocol === "" ? undefined : subprotocol,
    accept: () =>
      Promise.try(() => {
        const { socket, response } = Deno.upgradeWebSocket(request, {
          idleTimeout: IDLE_TIMEOUT_S,
          ...(subprotocol === "" ? {} : { protocol: subprotocol }),
        });
        answer.resolve(response);
        return webSocketTransport(socket, {
          ...tuning,
          role: "server",
          protocol: subprotocol,
        });
      }),
    refuse(error) {
      const status = statusOf(error);
      answer.resolve(new Response(`${error.message}\n`, { status }));
    },
  };
  return { incoming, response: answer.promise };
}
