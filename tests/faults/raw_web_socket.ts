/**
 * A WebSocket (RFC 6455) on a bare TCP connection. Unlike the runtime's it can stop
 * reading, so that the other end's buffers fill.
 *
 * @module
 */
import type { WebSocketLike } from "@moq-deno/lite/transport";

const BINARY = 0x82;
const MASKED = 0x80;
const MASK_BYTES = 4;
const END_OF_HEAD = "\r\n\r\n";

/** Use {@linkcode RawWebSocket.open}. */
export class RawWebSocket implements WebSocketLike {
  binaryType: "arraybuffer" | "blob" = "arraybuffer";
  readonly bufferedAmount = 0;
  readyState = 1;
  readonly #conn: Deno.TcpConn;
  readonly #events = new EventTarget();
  readonly #closed = Promise.withResolvers<void>();
  #received = new Uint8Array(0);
  #sending: Promise<unknown> = Promise.resolve();
  #isPaused = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects with the subprotocol `protocol`. */
  static async open(port: number, protocol: string): Promise<RawWebSocket> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const socket = new RawWebSocket(conn);
    const head = [
      "GET / HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Sec-WebSocket-Protocol: ${protocol}`,
    ].join("\r\n") + END_OF_HEAD;
    await conn.write(new TextEncoder().encode(head));
    await socket.#readHead();
    return socket;
  }

  /** Resolves when the connection has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  addEventListener(type: string, listener: (event: Event) => void): void {
    this.#events.addEventListener(type, listener);
    // Messages that arrive before there is a listener would be lost.
    if (type === "message") void this.#runReceive(); // Never rejects.
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    const length = message.byteLength;
    const head = length < 126
      ? [BINARY, MASKED | length]
      : [BINARY, MASKED | 126, length >> 8, length & 255];
    // A mask of zeros leaves the message unchanged.
    const frame = new Uint8Array(head.length + MASK_BYTES + length);
    frame.set(head);
    frame.set(message, head.length + MASK_BYTES);
    this.#sending = this.#sending.then(() => this.#conn.write(frame)).catch(
      () => {
        // The relay has ended the connection.
      },
    );
  }

  /** Stops reading; even the end is not noticed. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Closes the connection without a close frame. */
  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#conn.close();
    this.#events.dispatchEvent(new CloseEvent("close"));
    this.#closed.resolve();
  }

  async #runReceive(): Promise<void> {
    try {
      while (!this.#isPaused) {
        for (let message; (message = this.#nextMessage());) {
          const data = message.slice().buffer;
          this.#events.dispatchEvent(new MessageEvent("message", { data }));
        }
        if (!this.#isPaused && !await this.#more()) return this.close();
      }
    } catch {
      this.close();
    }
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(64 * 1024);
    const length = await this.#conn.read(chunk);
    if (length === null) return false;
    const whole = new Uint8Array(this.#received.byteLength + length);
    whole.set(this.#received);
    whole.set(chunk.subarray(0, length), this.#received.byteLength);
    this.#received = whole;
    return true;
  }

  async #readHead(): Promise<void> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#received);
      const end = text.indexOf(END_OF_HEAD);
      if (end >= 0) {
        if (!text.startsWith("HTTP/1.1 101")) throw new Error(text);
        this.#received = this.#received.slice(end + END_OF_HEAD.length);
        return;
      }
      if (!await this.#more()) throw new Error(`Expected 101, got ${text}`);
    }
  }

  /** The payload of the next frame, once complete. */
  #nextMessage(): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#received;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.byteLength < 2) return undefined;
    const short = bytes[1]!;
    const at = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.byteLength < at) return undefined;
    const length = short < 126
      ? short
      : short === 126
      ? view.getUint16(2)
      : view.getUint32(6);
    if (bytes.byteLength < at + length) return undefined;
    this.#received = bytes.slice(at + length);
    return bytes.subarray(at, at + length);
  }
}
