/**
 * The two halves of a QUIC stream of Deno as the halves of a transport's
 * stream; raw QUIC and WebTransport over HTTP/3 share them.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { ReceiveStream, SendStream } from "../transport/transport.ts";
import { peerCodeOf, quicError } from "./codes.ts";

/** Options of {@linkcode quicSendStream}. */
export interface QuicSendStreamOptions {
  /** Told when FIN was asked for; `flushed` resolves once the runtime holds every byte or has lost the stream, never rejects. */
  readonly onClosed?: ((flushed: Promise<void>) => void) | undefined;
}

/**
 * The sending half. `stream` now belongs to it. Deno has no RESET_STREAM:
 * `reset` sends everything written and FIN, so write what makes the end
 * unclean first.
 */
export function quicSendStream(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  options: QuicSendStreamOptions = {},
): SendStream {
  return new QuicSend(stream, options);
}

/** The receiving half, with `leftover` before everything else. `stream` and `leftover` now belong to it. */
export function quicReceiveStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  leftover?: Uint8Array<ArrayBuffer>,
): ReceiveStream {
  return new QuicReceive(stream, leftover);
}

// Asked for before every write of every viewer, so one for all.
const READY: Promise<boolean> = Promise.resolve(true);

class QuicSend implements SendStream {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #onClosed: QuicSendStreamOptions["onClosed"];
  readonly #latch = new Latch();
  readonly #stopped = Promise.withResolvers<number | undefined>();
  readonly #onWritten = (): void => this.#written();
  readonly #onFailed = (error: unknown): void => this.#failed(error);
  #writing = 0;
  #ended = false;

  constructor(
    stream: WritableStream<Uint8Array<ArrayBuffer>>,
    { onClosed }: QuicSendStreamOptions,
  ) {
    this.#writer = stream.getWriter();
    this.#onClosed = onClosed;
    this.#writer.closed.catch(this.#onFailed);
  }

  get stopped(): Promise<number | undefined> {
    return this.#stopped.promise;
  }

  ready(signal?: AbortSignal): Promise<boolean> {
    const isReady = this.#writing === 0 && !this.#ended && !signal?.aborted;
    return isReady ? READY : this.#wait(signal);
  }

  async #wait(signal: AbortSignal | undefined): Promise<boolean> {
    const release = this.#writing > 0 && signal && this.#latch.wakeOn(signal);
    while (this.#writing > 0 && !this.#ended && !signal?.aborted) {
      await this.#latch.changed();
    }
    if (release) release();
    return !this.#ended && !signal?.aborted;
  }

  write(chunk: Uint8Array): void {
    if (this.#ended || chunk.byteLength === 0) return;
    this.#writing++;
    // Deno takes any view; the DOM's types ask for one that is not shared.
    this.#writer.write(chunk as Uint8Array<ArrayBuffer>)
      .then(this.#onWritten, this.#onFailed);
  }

  close(): void {
    if (this.#ended) return;
    this.#end();
  }

  // FIN comes after all writes: dropping one could leave the end on a frame boundary, which means "complete".
  reset(_code: number): void {
    if (this.#ended) return;
    this.#stopped.resolve(undefined);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#latch.wake();
    const flushed = this.#writer.close().catch(this.#onFailed);
    this.#onClosed?.(flushed);
  }

  #written(): void {
    this.#writing--;
    if (this.#writing === 0) this.#latch.wake();
  }

  #failed(error: unknown): void {
    this.#ended = true;
    this.#stopped.resolve(peerCodeOf(error));
    this.#latch.wake();
  }
}

class QuicReceive implements ReceiveStream {
  readonly #reader: ReadableStreamBYOBReader;
  #leftover: Uint8Array<ArrayBuffer> | undefined;
  #stopped = false;

  constructor(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    leftover: Uint8Array<ArrayBuffer> | undefined,
  ) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#leftover = leftover;
  }

  async read(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (into.byteLength === 0) {
      throw new RangeError("Expected room for at least one byte, got none");
    }
    if (this.#stopped) throw stoppedError();
    if (this.#leftover?.byteLength) return this.#takeLeftover(into);
    const { value, done } = await this.#readMore(into);
    if (this.#stopped) throw stoppedError();
    return done ? undefined : value;
  }

  stop(_code: number): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#leftover = undefined;
    // Deno always sends STOP_SENDING with 0. A failure means that the stream is over, which is what was asked for.
    this.#reader.cancel().catch(() => {});
  }

  async #readMore(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    try {
      return await this.#reader.read(into);
    } catch (error) {
      throw this.#stopped ? stoppedError() : quicError(error);
    }
  }

  #takeLeftover(into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const leftover = this.#leftover!;
    const take = Math.min(into.byteLength, leftover.byteLength);
    into.set(leftover.subarray(0, take));
    this.#leftover = leftover.subarray(take);
    return into.subarray(0, take);
  }
}

function stoppedError(): MoqError {
  return new MoqError("cancelled", "The stream was stopped by its reader");
}
