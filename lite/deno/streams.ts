/**
 * The two halves of a QUIC stream of Deno as the halves of a transport's
 * stream; raw QUIC and WebTransport over HTTP/3 share them.
 *
 * @module
 */
import { moveInto, StreamReader } from "../transport/stream_reader.ts";
import { StreamWriter } from "../transport/stream_writer.ts";
import type { ReceiveStream, SendStream } from "../transport/transport.ts";
import { peerCodeOf, quicError } from "./codes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

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
      stream as WritableStream<Bytes>,
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

/** The receiving half, with `leftover` before everything else. It and `stream` now belong to it. */
export function quicReceiveStream(
  stream: ReadableStream<Bytes>,
  leftover: Bytes = new Uint8Array(0),
): ReceiveStream {
  const reader = stream.getReader({ mode: "byob" });
  let left = leftover;
  return new StreamReader({
    read(into) {
      if (left.byteLength === 0) return reader.read(into);
      const [value, rest] = moveInto(into, left);
      left = rest;
      return Promise.resolve({ value, done: false });
    },
    // Deno always sends STOP_SENDING with 0, and only once no read is pending below: it drops the stream, whose lock a
    // pending read holds until bytes or FIN come. So the sender of a silent stream gets one more write through, and the
    // next one fails. Releasing the lock first, cancelling the stream itself, an aborted pipe, a transferred stream and
    // closing the resource do the same; cancelling the read is not implemented for QUIC. Requests that must end while
    // the peer is silent therefore end their own half, which the peer reads.
    cancel: () => reader.cancel(),
    errorOf: quicError,
  });
}
