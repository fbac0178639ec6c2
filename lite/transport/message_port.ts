/**
 * Transports over a `MessagePort`: between a page and a worker, or between
 * workers.
 *
 * @module
 */
import { Inbox } from "./inbox.ts";
import type { ChannelClose, MessageChannelLike } from "./message_channel.ts";
import { qmuxTransport, type QmuxTuning } from "./qmux/qmux.ts";
import type { QmuxRole } from "./qmux/wire.ts";
import type { Transport } from "./transport.ts";

/** What is needed of a `MessagePort`. */
export interface MessagePortLike {
  /** Posts a message; the buffers in `transfer` move with it. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Lets messages come. */
  start(): void;
  /** Ends this end of the port. */
  close(): void;
  /** `message` and `messageerror`. */
  addEventListener(type: string, listener: (event: Event) => void): void;
}

/** Options of {@linkcode messagePortTransport}. */
export interface MessagePortTransportOptions extends QmuxTuning {
  /** One end is the client, the other the server; which does not matter. */
  readonly role: QmuxRole;
  /** The application protocol, known beforehand to both ends. */
  readonly protocol?: string | undefined;
}

/**
 * A transport over `port`, which belongs to it from here on and whose other end
 * must be given to this function too. Ports do not tell when the other side
 * dies: an orderly close is a message, a dead worker is found by silence (30 s).
 */
export function messagePortTransport(
  port: MessagePortLike,
  options: MessagePortTransportOptions,
): Transport {
  const channel = new MessagePortChannel(port);
  const kind = "message-port";
  return qmuxTransport(channel, { ...options, kind, wire: "qmux-02" });
}

/** Messages are buffers; `null` says that nothing follows. */
class MessagePortChannel implements MessageChannelLike {
  readonly messages = new Inbox<Uint8Array | string>();
  readonly opened: Promise<void> = Promise.resolve();
  // What is posted is with the other end: only qmux's own credit holds back.
  readonly bufferedAmount = 0;
  readonly #port: MessagePortLike;
  readonly #closed = Promise.withResolvers<ChannelClose>();
  #isClosed = false;

  constructor(port: MessagePortLike) {
    this.#port = port;
    port.addEventListener("message", (event) => this.#onMessage(event));
    port.addEventListener(
      "messageerror",
      () => this.#end("Unreadable message"),
    );
    port.start();
  }

  get closed(): Promise<ChannelClose> {
    return this.#closed.promise;
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return;
    // Each message has a buffer of its own, so it can move instead of being copied.
    this.#port.postMessage(message.buffer, [message.buffer]);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#port.postMessage(null, []);
    this.#end("Closed here");
  }

  #onMessage(event: Event): void {
    const { data } = event as MessageEvent<unknown>;
    if (data === null) this.#end("Closed by the other end");
    else if (data instanceof ArrayBuffer) {
      this.messages.push(new Uint8Array(data));
    } else this.messages.push(String(data));
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#port.close();
    this.messages.end();
    this.#closed.resolve({ reason });
  }
}
