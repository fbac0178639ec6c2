/**
 * The server's end of a WebSocket on a bare connection, RFC 6455: unlike the
 * runtime's, which accepts messages of 64 MiB, it limits the memory of an
 * incomplete message.
 *
 * @module
 */
import { type Clock, sleep } from "@moq-deno/lite";
import { joinBytes, messageOf } from "@moq-deno/lite/internal";
import type { WebSocketLike } from "@moq-deno/lite/transport";
import {
  closePayload,
  FrameError,
  frameHeader,
  OPCODE,
  type Received,
  WebSocketFrameReader,
} from "./websocket_frames.ts";

/** The connection of a socket. */
export type SocketConn = Pick<Deno.Conn, "read" | "write" | "close">;

/** Options of {@linkcode ServerSocket}. */
interface ServerSocketOptions {
  /** The answer to the upgrade, written before the first frame. */
  readonly head: Uint8Array;
  /** Longest accepted message, in bytes. */
  readonly maxMessageBytes: number;
  /** Idle timeout in milliseconds; a silent peer is pinged after half of it. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
}

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const READ_BYTES = 16 * 1024;
const MAX_BATCH_BYTES = 64 * 1024;
/** Frames between two pauses: the runtime reads buffered data without a turn of the event loop, and 16 KiB can hold 2,700 small frames. */
const FRAMES_AT_ONCE = 128;
/** Timeout of the peer's answer to a close. */
const CLOSE_TIMEOUT_MS = 2_000;
const NORMAL_CLOSURE = 1000;
const NO_STATUS = 1005;
const ABNORMAL_CLOSURE = 1006;

/** A WebSocket that is open from the start. */
export class ServerSocket extends EventTarget implements WebSocketLike {
  binaryType: "arraybuffer" | "blob" = "arraybuffer";
  readonly #conn: SocketConn;
  readonly #options: ServerSocketOptions;
  readonly #queue: Uint8Array[] = [];
  #readyState = OPEN;
  #bufferedBytes = 0;
  #isWriting = false;
  #hasSentClose = false;
  #heardMs: number;
  #cancelTimer: () => void = () => {};
  #onWritten: (() => void) | undefined;

  /** Owns `conn`. */
  constructor(conn: SocketConn, options: ServerSocketOptions) {
    super();
    this.#conn = conn;
    this.#options = options;
    this.#heardMs = options.clock.now();
    this.#write([options.head]);
    this.#watch();
    void this.#runRead(); // Never rejects.
  }

  /** 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    return this.#readyState;
  }

  /** Bytes that the connection has not accepted yet. */
  get bufferedAmount(): number {
    return this.#bufferedBytes;
  }

  /** Sends one binary message; does nothing once it is closing. */
  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.#readyState === OPEN) this.#frame(OPCODE.binary, message);
  }

  /** Starts the closing handshake after the sent messages; idempotent. */
  close(code: number = NORMAL_CLOSURE, reason = ""): void {
    if (this.#readyState !== OPEN) return;
    this.#readyState = CLOSING;
    this.#sendClose(code, reason);
    const late = "Peer did not close in time";
    this.#endIn(CLOSE_TIMEOUT_MS, { code: ABNORMAL_CLOSURE, reason: late });
  }

  #sendClose(code: number, reason: string): void {
    if (this.#hasSentClose) return;
    this.#hasSentClose = true;
    this.#frame(OPCODE.close, closePayload(code, reason));
  }

  #frame(opcode: number, payload: Uint8Array): void {
    const header = frameHeader(opcode, payload.byteLength);
    this.#write([header, payload]);
  }

  #write(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#queue.push(part);
      this.#bufferedBytes += part.byteLength;
    }
    if (!this.#isWriting) void this.#runWrite(); // Never rejects.
  }

  /** Writes the queue in batches. */
  async #runWrite(): Promise<void> {
    this.#isWriting = true;
    try {
      // Messages of the same turn are written together.
      await Promise.resolve();
      while (this.#queue.length > 0) {
        const batch = this.#nextBatch();
        for (let at = 0; at < batch.byteLength;) {
          const written = await this.#conn.write(batch.subarray(at));
          at += written;
          this.#bufferedBytes -= written;
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#isWriting = false;
    this.#onWritten?.();
  }

  #nextBatch(): Uint8Array {
    let count = 0;
    let size = 0;
    while (count < this.#queue.length) {
      const next = this.#queue[count]!.byteLength;
      if (count > 0 && size + next > MAX_BATCH_BYTES) break;
      size += next;
      count++;
    }
    const parts = this.#queue.splice(0, count);
    return parts.length === 1 ? parts[0]! : joinBytes(parts);
  }

  async #runRead(): Promise<void> {
    const frames = new WebSocketFrameReader(this.#options.maxMessageBytes);
    const chunk = new Uint8Array(READ_BYTES);
    const { clock } = this.#options;
    let taken = 0;
    try {
      for (;;) {
        const count = await this.#conn.read(chunk);
        if (count === null || this.#readyState === CLOSED) break;
        this.#heardMs = clock.now();
        for (const received of frames.push(chunk.subarray(0, count))) {
          if (this.#take(received)) return;
          if (++taken % FRAMES_AT_ONCE === 0) await sleep(clock, 0);
          if (this.#readyState === CLOSED) return;
        }
      }
      this.#end(ABNORMAL_CLOSURE, "Peer went away");
    } catch (error) {
      this.#fail(error);
      if (error instanceof FrameError) await this.#drain(chunk);
    }
  }

  /** Drops all further bytes: closing a connection with unread bytes would reset it before the peer has read the reason. */
  async #drain(chunk: Uint8Array): Promise<void> {
    try {
      while (await this.#conn.read(chunk) !== null);
      this.#end(ABNORMAL_CLOSURE, "Peer went away");
    } catch {
      // It was closed by the timeout.
    }
  }

  /** Handles a frame; `true` if it was the peer's last. */
  #take({ opcode, data }: Received): boolean {
    switch (opcode) {
      case OPCODE.close:
        this.#answerClose(data);
        return true;
      case OPCODE.ping:
        // A peer that pings without reading gets no more answers.
        if (this.#bufferedBytes < MAX_BATCH_BYTES) {
          this.#frame(OPCODE.pong, data);
        }
        return false;
      case OPCODE.pong:
        return false;
    }
    // Ignore messages while closing.
    if (this.#readyState !== OPEN) return false;
    const content = opcode === OPCODE.text
      ? new TextDecoder().decode(data)
      : data.buffer;
    this.dispatchEvent(new MessageEvent("message", { data: content }));
    return false;
  }

  #answerClose(payload: Uint8Array<ArrayBuffer>): void {
    const hasCode = payload.byteLength >= 2;
    const code = hasCode
      ? new DataView(payload.buffer).getUint16(0)
      : NO_STATUS;
    const reason = new TextDecoder().decode(payload.subarray(2));
    if (this.#readyState === OPEN) this.#readyState = CLOSING;
    this.#sendClose(hasCode ? code : NORMAL_CLOSURE, "");
    this.#endIn(CLOSE_TIMEOUT_MS, { code, reason });
    this.#onWritten = () => this.#end(code, reason);
    if (!this.#isWriting) this.#onWritten();
  }

  #endIn(
    ms: number,
    { code, reason }: { readonly code: number; readonly reason: string },
  ): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(
      ms,
      () => this.#end(code, reason),
    );
  }

  #fail(error: unknown): void {
    if (this.#readyState === CLOSED) return;
    const message = messageOf(error);
    this.dispatchEvent(new ErrorEvent("error", { message }));
    if (!(error instanceof FrameError)) {
      return this.#end(ABNORMAL_CLOSURE, message);
    }
    this.close(error.code, message);
    // Later frames are dropped, so the peer's own close is not seen.
    this.#endIn(CLOSE_TIMEOUT_MS, { code: error.code, reason: message });
  }

  /** Pings a silent peer, and ends if it stays silent. */
  #watch(): void {
    const { clock, idleTimeoutMs } = this.#options;
    const silentMs = clock.now() - this.#heardMs;
    if (silentMs >= idleTimeoutMs) {
      return this.#end(ABNORMAL_CLOSURE, "Peer is silent");
    }
    if (silentMs >= idleTimeoutMs / 2) {
      this.#frame(OPCODE.ping, new Uint8Array(0));
    }
    this.#cancelTimer = clock.after(idleTimeoutMs / 2, () => this.#watch());
  }

  #end(code: number, reason: string): void {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.#cancelTimer();
    this.#queue.length = 0;
    this.#conn.close();
    const wasClean = code !== ABNORMAL_CLOSURE;
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
  }
}
