/**
 * Transports over WebSocket, both ends, for networks and browsers without
 * WebTransport: qmux in binary messages.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { abortable } from "../signal.ts";
import { Inbox } from "./inbox.ts";
import type { ChannelClose, MessageChannelLike } from "./message_channel.ts";
import { qmuxTransport, type QmuxTuning } from "./qmux/qmux.ts";
import type { QmuxRole } from "./qmux/wire.ts";
import type { Transport } from "./transport.ts";
import {
  parseWebSocketProtocol,
  webSocketProtocols,
} from "./websocket_protocol.ts";

export type { QmuxTuning } from "./qmux/qmux.ts";
export type { QmuxParameters } from "./qmux/parameters.ts";
export type { QmuxRole, QmuxWire } from "./qmux/wire.ts";

/** What is needed of a `WebSocket`, whoever made it. */
export interface WebSocketLike {
  /** Set to `"arraybuffer"` by the transport. */
  binaryType: "arraybuffer" | "blob";
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes sent that have not left yet. */
  readonly bufferedAmount: number;
  /** Sends one binary message. */
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Begins the closing handshake behind what was sent. */
  close(): void;
  /** `open`, `message`, `error` and `close`. */
  addEventListener(type: string, listener: (event: Event) => void): void;
}

/** Options of {@linkcode webSocketTransport}. */
export interface WebSocketTransportOptions extends QmuxTuning {
  /** Which end of the WebSocket we are. */
  readonly role: QmuxRole;
  /** The subprotocol agreed on, `""` for none; a server's socket may not know it. */
  readonly protocol: string;
}

/** Options of {@linkcode connectWebSocket}. */
export interface ConnectWebSocketOptions extends QmuxTuning {
  /** The application protocols to offer, best first. */
  readonly protocols: readonly string[];
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

const OPEN = 1;

/**
 * A transport over `socket`, open or about to be, which belongs to it from
 * here on. On `qmux-01` and `-02` a dead peer is found with pings (30 s). The
 * older forms have none, and nothing here can send a WebSocket ping: there the
 * server's runtime has to, in Deno `upgradeWebSocket(request, { idleTimeout: 30 })`,
 * while a client waits for its operating system to notice.
 * Throws `MoqError("version")` for an unknown subprotocol.
 */
export function webSocketTransport(
  socket: WebSocketLike,
  options: WebSocketTransportOptions,
): Transport {
  const agreed = parseWebSocketProtocol(options.protocol);
  const channel = new WebSocketChannel(socket);
  return qmuxTransport(channel, { ...options, ...agreed, kind: "websocket" });
}

/**
 * Connects to a `ws:`, `wss:`, `http:` or `https:` URL. Throws
 * `MoqError("transport")` when that fails (browsers do not say why, not even
 * the HTTP status) and `signal.reason` on abort.
 */
export async function connectWebSocket(
  url: URL | string,
  options: ConnectWebSocketOptions,
): Promise<Transport> {
  const { signal, protocols } = options;
  signal?.throwIfAborted();
  const target = webSocketUrl(url);
  const socket = new WebSocket(target, webSocketProtocols(protocols));
  const channel = new WebSocketChannel(socket);
  try {
    await abortable(channel.opened, signal);
  } catch (reason) {
    socket.close();
    throw reason;
  }
  if (socket.readyState !== OPEN) {
    const { reason, error } = await channel.closed;
    throw new MoqError(
      "transport",
      `Expected a WebSocket to ${target.host}, got: ${reason}`,
      { cause: error },
    );
  }
  const agreed = parseWebSocketProtocol(socket.protocol);
  return qmuxTransport(channel, {
    ...options,
    ...agreed,
    kind: "websocket",
    role: "client",
  });
}

function webSocketUrl(url: URL | string): URL {
  const target = new URL(url);
  // Not every runtime takes the http schemes, and none takes a fragment.
  target.protocol = target.protocol.replace(/^http/, "ws");
  target.hash = "";
  return target;
}

class WebSocketChannel implements MessageChannelLike {
  readonly messages = new Inbox<Uint8Array | string>();
  readonly #socket: WebSocketLike;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<ChannelClose>();
  #error: Error | undefined;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    if (socket.readyState === OPEN) this.#opened.resolve();
    if (socket.readyState > OPEN) this.#onClose(undefined);
    socket.addEventListener("open", () => this.#opened.resolve());
    socket.addEventListener("message", (event) => this.#onMessage(event));
    socket.addEventListener("error", (event) => this.#onError(event));
    socket.addEventListener("close", (event) => this.#onClose(event));
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get closed(): Promise<ChannelClose> {
    return this.#closed.promise;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(message);
  }

  close(): void {
    // Nobody reads any more, so what still comes is not kept.
    this.messages.end();
    if (this.#socket.readyState <= OPEN) this.#socket.close();
  }

  #onMessage(event: Event): void {
    const { data } = event as MessageEvent<ArrayBuffer | string>;
    this.messages.push(typeof data === "string" ? data : new Uint8Array(data));
  }

  #onError(event: Event): void {
    const message = event instanceof ErrorEvent ? event.message : "";
    this.#error = new MoqError(
      "transport",
      message === "" ? "The WebSocket failed" : message,
    );
  }

  #onClose(event: Event | undefined): void {
    const { code, reason } = (event ?? {}) as Partial<CloseEvent>;
    this.#closed.resolve({
      reason: this.#error?.message ||
        reason || `The WebSocket closed with code ${code ?? "unknown"}`,
      error: this.#error,
    });
    this.messages.end();
    this.#opened.resolve();
  }
}
