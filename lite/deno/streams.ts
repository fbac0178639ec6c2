/**
 * The two halves of a QUIC stream of Deno as the halves of a transport's
 * stream; raw QUIC and WebTransport over HTTP/3 share them.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { StreamWriter } from "../transport/stream_writer.ts";
import { again, checkRoom, type StreamEnd } from "../transport/stream_end.ts";
import type { ReceiveStream, SendStream } from "../transport/transport.ts";
import { peerCodeOf, quicError } from "./codes.ts";

/** The sending half. Deno has no RESET_STREAM: `reset` sends everything written and FIN, so write what makes the end unclean first. */
export class QuicSendStream implements SendStream {
  readonly #writer: StreamWriter;
  readonly #onClosed: ((flushed: Promise<void>) => void) | undefined;

  /**
   * `stream` now belongs to it. `onClosed` hears when FIN was asked for;
   * `flushed` resolves once the runtime holds every byte or has lost the
   * stream, never rejects.
   */
  constructor(
    stream: WritableStream<Uint8Array>,
    onClosed?: (flushed: Promise<void>) => void,
  ) {
    this.#writer = new StreamWriter(
      stream as WritableStream<Uint8Array<ArrayBuffer>>,
    );
    this.#onClosed = onClosed;
  }

  get stopped(): Promise<number | undefined> {
    return this.#writer.failed.then(peerCodeOf);
  }

  ready(signal?: AbortSignal): Promise<boolean> {
    return this.#writer.ready(signal);
  }

  write(chunk: Uint8Array): void {
    this.#writer.write(chunk);
  }

  close(): void {
    if (this.#writer.hasEnded) return;
    this.#writer.close();
    this.#onClosed?.(this.#writer.flushed);
  }

  // FIN comes after all writes: dropping one could leave the end on a frame boundary, which means "complete".
  reset(_code: number): void {
    if (this.#writer.hasEnded) return;
    this.#writer.closeEarly();
    this.#onClosed?.(this.#writer.flushed);
  }
}

/** The receiving half. */
export class QuicReceiveStream implements ReceiveStream {
  readonly #reader: ReadableStreamBYOBReader;
  #leftover: Uint8Array<ArrayBuffer> | undefined;
  #stopped = false;
  #over: StreamEnd | undefined;

  /** `leftover` comes before everything else. It and `stream` now belong to it. */
  constructor(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    leftover?: Uint8Array<ArrayBuffer>,
  ) {
    this.#reader = stream.getReader({ mode: "byob" });
    this.#leftover = leftover;
  }

  async read(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#stopped) throw stoppedError();
    // The read that found the end took its buffer along, and callers pass what is left of it.
    if (this.#over) return again(this.#over);
    checkRoom(into);
    if (this.#leftover?.byteLength) return this.#takeLeftover(into);
    const { value, done } = await this.#readMore(into);
    if (this.#stopped) throw stoppedError();
    if (!done) return value;
    this.#over = {};
    return undefined;
  }

  stop(_code: number): void {
    if (this.#stopped || this.#over) return;
    this.#stopped = true;
    this.#leftover = undefined;
    // Deno always sends STOP_SENDING with 0, and only once no read is pending below: it drops the stream, whose lock a
    // pending read holds until bytes or FIN come. So the sender of a silent stream gets one more write through, and the
    // next one fails. Releasing the lock first, cancelling the stream itself, an aborted pipe, a transferred stream and
    // closing the resource do the same; cancelling the read is not implemented for QUIC. Requests that must end while
    // the peer is silent therefore end their own half, which the peer reads.
    // A failure means that the stream is over, which is what was asked for.
    this.#reader.cancel().catch(() => {});
  }

  async #readMore(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    try {
      return await this.#reader.read(into);
    } catch (error) {
      if (this.#stopped) throw stoppedError();
      this.#over = { error: quicError(error) };
      throw this.#over.error;
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
