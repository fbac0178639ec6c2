/**
 * Peers over TCP: WebSocket on any path. The upgrade is answered once the peer
 * is accepted or refused. A page that is refused gets its WebSocket, closed with
 * the reason, since browsers show no HTTP status; other clients get the status.
 *
 * @module
 */
import type { Clock, MoqError } from "@moq-deno/lite";
import {
  parseWebSocketProtocol,
  type QmuxTuning,
  selectWebSocketProtocol,
  type WebSocketLike,
  webSocketTransport,
} from "@moq-deno/lite/transport";
import type { IncomingPeer } from "../auth/auth.ts";
import { statusOf } from "../http.ts";
import { refusal } from "./refusal.ts";
import { ServerSocket, type SocketConn } from "./server_socket.ts";

/** Options of {@linkcode incomingWebSocket}. */
interface IncomingWebSocketOptions {
  /** The names of the drafts, in order of preference. */
  readonly protocols: readonly string[];
  /** The peer's address, `host:port`. */
  readonly remote: string;
  /** Limits of the peer. */
  readonly tuning: QmuxTuning;
  readonly clock: Clock;
}

/** A WebSocket that is not accepted yet. */
interface IncomingWebSocket {
  /** The peer; absent if the request is refused at once. */
  readonly incoming: IncomingPeer | undefined;
  /** The answer, once the peer is accepted or refused; never rejects. */
  readonly response: Promise<Response>;
}

// Idle timeout of a socket: half-open TCP would keep broadcasts announced for hours.
const IDLE_TIMEOUT_MS = 30_000;
/** Twice the longest message of qmux. */
const MAX_MESSAGE_BYTES = 32 * 1024;
/** The form before qmux has one message per write, of any size. */
const MAX_OLD_MESSAGE_BYTES = 1024 * 1024;
/** RFC 6455, section 4.2.2. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Whether `request` is a WebSocket upgrade. RFC 6455, section 4.2.1: without "Connection: Upgrade" the runtime would neither hand over the connection nor answer. */
export function isWebSocketUpgrade({ headers }: Request): boolean {
  const options = (headers.get("connection") ?? "").toLowerCase().split(",");
  return headers.get("upgrade")?.toLowerCase() === "websocket" &&
    options.some((option) => option.trim() === "upgrade");
}

/** The peer of an upgrade request. */
export async function incomingWebSocket(
  request: Request,
  { protocols, remote, tuning, clock }: IncomingWebSocketOptions,
): Promise<IncomingWebSocket> {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",").map((name) => name.trim()).filter((name) => name !== "");
  // A client that offers nothing uses the oldest form, and negotiates a draft in band.
  const subprotocol = offered.length === 0
    ? ""
    : selectWebSocketProtocol(offered, protocols);
  if (subprotocol === undefined) {
    return refused(`Expected a subprotocol such as qmux-01.${protocols[0]}`);
  }
  const { wire, protocol } = parseWebSocketProtocol(subprotocol);
  const maxMessageBytes = wire === "webtransport"
    ? MAX_OLD_MESSAGE_BYTES
    : MAX_MESSAGE_BYTES;
  const key = request.headers.get("sec-websocket-key") ?? "";
  if (!KEY.test(key) || request.headers.get("sec-websocket-version") !== "13") {
    return refused("Expected a WebSocket of version 13 with its key");
  }
  const head = await acceptHead(key, subprotocol);
  const answer = Promise.withResolvers<Response>();
  const url = new URL(request.url);
  const origin = request.headers.get("origin") ?? undefined;
  const accept = () =>
    Promise.try(() => {
      const { socket, response } = upgrade(request, {
        head,
        subprotocol,
        maxMessageBytes,
        clock,
      });
      answer.resolve(response);
      return webSocketTransport(socket, {
        ...tuning,
        role: "server",
        protocol: subprotocol,
      });
    }).catch((error) => {
      answer.resolve(new Response("Cannot upgrade\n", { status: 500 }));
      throw error;
    });
  const closeWith = (error: MoqError) => {
    const { code, reason } = refusal(error, protocol);
    accept().then((transport) => transport.close(code, reason), () => {
      // The answer says that there was no upgrade.
    });
  };
  const incoming: IncomingPeer = {
    transport: "websocket",
    target: url.pathname + url.search,
    serverName: url.hostname,
    origin,
    remote,
    protocol: subprotocol === "" ? undefined : subprotocol,
    accept,
    refuse(error) {
      // A page cannot read the status of a failed upgrade; it can read a close.
      const isPage = origin !== undefined;
      if (isPage && error.code === "unauthorized") return closeWith(error);
      const status = statusOf(error);
      answer.resolve(new Response(`${error.message}\n`, { status }));
    },
  };
  return { incoming, response: answer.promise };
}

function refused(message: string): IncomingWebSocket {
  const response = new Response(`${message}\n`, { status: 400 });
  return { incoming: undefined, response: Promise.resolve(response) };
}

/** The answer that ends the handshake. RFC 6455, section 4.2.2. */
async function acceptHead(
  key: string,
  subprotocol: string,
): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const digest = await crypto.subtle.digest(
    "SHA-1",
    encoder.encode(key + ACCEPT_SUFFIX),
  );
  const accept = new Uint8Array(digest).toBase64();
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...(subprotocol === "" ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

interface Upgraded {
  readonly response: Response;
  readonly conn: SocketConn;
}

interface UpgradeOptions {
  readonly head: Uint8Array;
  readonly subprotocol: string;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
}

/**
 * The connection of `request` as a WebSocket. The runtime's own sockets accept
 * and buffer messages of 64 MiB, so the bare connection is used, as in the
 * runtime's `node:http`. Deno has no public name for it: if it is missing, the
 * runtime's sockets are used, without our limit.
 */
function upgrade(
  request: Request,
  { head, subprotocol, maxMessageBytes, clock }: UpgradeOptions,
): { readonly socket: WebSocketLike; readonly response: Response } {
  const upgradeRaw = rawUpgrade();
  if (!upgradeRaw) {
    return Deno.upgradeWebSocket(request, {
      idleTimeout: IDLE_TIMEOUT_MS / 1000,
      ...(subprotocol === "" ? {} : { protocol: subprotocol }),
    });
  }
  const { response, conn } = upgradeRaw(request);
  const socket = new ServerSocket(conn, {
    head,
    maxMessageBytes,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    clock,
  });
  return { socket, response };
}

function rawUpgrade(): ((request: Request) => Upgraded) | undefined {
  const internal: unknown = Reflect.get(Deno, Reflect.get(Deno, "internal"));
  const { upgradeHttpRaw } = (internal ?? {}) as {
    readonly upgradeHttpRaw?: (request: Request) => Upgraded;
  };
  return upgradeHttpRaw;
}
