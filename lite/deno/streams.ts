/**
 * The two halves of Deno's QUIC streams as those of a transport's streams, for
 * raw QUIC and for WebTransport over HTTP/3.
 *
 * @module
 */
import { moveInto, StreamReader } from "../transport/stream_reader.ts";
import { StreamWriter } from "../transport/stream_writer.ts";
import type { ReceiveStream, SendStream } from "../transport/transport.ts";
import { peerCodeOf, quicError } from "./codes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The sending half. Deno has no RESET_STREAM: `reset` sends everything written and FIN, so first write bytes that make the end unclean. */
export class QuicSendStream extends StreamWriter implements SendStream {
  readonly #onClosed: ((flushed: Promise<void>) => void) | undefined;

  /**
   * Owns `stream`. Calls `onClosed` when FIN is requested; `flushed` resolves
   * once the runtime has taken every byte or lost the stream, never rejects.
   */
  constructor(
    stream: WritableStream<Uint8Array>,
    onClosed?: (flushed: Promise<void>) => void,
  ) {
    super(stream as WritableStream<Bytes>);
    this.#onClosed = onClosed;
  }

  get stopped(): Promise<number | undefined> {
    return this.failed.then(peerCodeOf);
  }

  override close(): void {
    if (this.hasEnded) return;
    super.close();
    this.#onClosed?.(this.flushed);
  }

  // FIN comes after all writes: without one of them the stream could end on a frame boundary, which means "complete".
  reset(_code: number): void {
    this.closeEarly();
  }
}

/** The receiving half, which starts with `leftover`. Owns both arguments. */
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
    // Deno always sends STOP_SENDING with 0, and only when no read is pending: it drops the stream, whose lock a pending
    // read holds until bytes or FIN arrive. So the sender of a silent stream completes one more write, and the next one
    // fails. Releasing the lock first, cancelling the stream itself, an aborted pipe, a transferred stream and closing
    // the resource do the same; cancelling the read is not implemented for QUIC. A request that must end while the peer
    // is silent therefore ends its own half, which the peer reads.
    cancel: () => reader.cancel(),
    errorOf: quicError,
  });
}
