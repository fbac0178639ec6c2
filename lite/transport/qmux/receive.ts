/**
 * The receiving half of a qmux stream: its unread bytes and its window.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { ByteQueue } from "../byte_queue.ts";
import type { ReceiveWindow } from "./flow.ts";
import type { QmuxFrame, ResetFrame, StreamFrame } from "./frame.ts";
import { checkRoom } from "../stream_end.ts";
import type { ReceiveStream } from "../transport.ts";

/** Events of a receiving half. */
export interface QmuxReceiveEvents {
  /** Sends `frame` to the peer: more credit, or a stop. */
  receiveControl(frame: QmuxFrame): void;
  /** Bytes arrived, or were skipped by a reset; throws `MoqError` over the session's window. */
  receivedBytes(bytes: number): void;
  /** Received bytes were read or dropped. */
  consumedBytes(bytes: number): void;
  /** The peer will send nothing more. */
  receiveDone(stream: QmuxReceiveStream): void;
}

/** A `ReceiveStream` fed by the session; violations throw `MoqError` to the session. */
export class QmuxReceiveStream implements ReceiveStream {
  /** The stream's id. */
  readonly id: number;
  readonly #window: ReceiveWindow;
  readonly #events: QmuxReceiveEvents;
  readonly #queue = new ByteQueue();
  readonly #latch = new Latch();
  #received = 0;
  #finished = false;
  #isOver = false;
  #stopped = false;
  #error: MoqError | undefined;

  /** Reports to `events`. */
  constructor(id: number, window: ReceiveWindow, events: QmuxReceiveEvents) {
    this.id = id;
    this.#window = window;
    this.#events = events;
  }

  async read(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      if (this.#error) throw this.#error;
      this.#isOver = this.#finished && this.#queue.length === 0;
      if (this.#isOver) return undefined;
      checkRoom(into);
      if (this.#queue.length > 0) {
        const length = this.#queue.take(into);
        this.#consume(length);
        return into.subarray(0, length);
      }
      await this.#latch.changed();
    }
  }

  stop(code: number): void {
    if (this.#error || this.#stopped || this.#isOver) return;
    this.#stopped = true;
    this.#error = new MoqError("cancelled", "The stream was stopped here");
    // Dropped bytes free the session's window; the stream's own is not extended.
    this.#events.consumedBytes(this.#queue.clear());
    if (!this.#finished) {
      this.#events.receiveControl({ type: "stop", id: this.id, code });
    }
    this.#latch.wake();
  }

  /** Receives the next bytes; RFC 9000 section 2.2, but in order, which the channel keeps. */
  receive(frame: StreamFrame): void {
    if (frame.offset !== undefined && frame.offset !== this.#received) {
      throw new MoqError(
        "protocol",
        `Peer sent stream data at ${frame.offset} instead of ${this.#received}`,
      );
    }
    const bytes = frame.data.byteLength;
    this.#account(bytes);
    if (this.#stopped) this.#events.consumedBytes(bytes);
    else this.#queue.push(frame.data);
    if (frame.fin) {
      this.#finished = true;
      this.#events.receiveDone(this);
    }
    this.#latch.wake();
  }

  /** The peer reset the stream; RFC 9000 section 4.5 counts all bytes it had sent. */
  peerReset(frame: ResetFrame): void {
    // Released peers send a final size that is too small, which is harmless.
    const skipped = Math.max(0, frame.finalSize - this.#received);
    this.#account(skipped);
    this.#events.consumedBytes(skipped + this.#queue.clear());
    this.#error ??= new MoqError(
      "remote",
      `Peer reset the stream with code ${frame.code}`,
      { remoteCode: frame.code },
    );
    this.#events.receiveDone(this);
    this.#latch.wake();
  }

  /** The connection ended; a complete stream can still be read. */
  lost(error: MoqError): void {
    if (this.#finished) return;
    this.#queue.clear();
    this.#error ??= error;
    this.#latch.wake();
  }

  #account(bytes: number): void {
    this.#window.receive(bytes);
    this.#events.receivedBytes(bytes);
    this.#received += bytes;
  }

  #consume(bytes: number): void {
    const max = this.#window.consume(bytes);
    if (max !== undefined && !this.#finished) {
      this.#events.receiveControl({
        type: "max-stream-data",
        id: this.id,
        max,
      });
    }
    this.#events.consumedBytes(bytes);
  }
}
