/**
 * The receiving half of a qmux stream: what came and was not read yet, and the
 * window granted for it.
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

/** Where a receiving half reports to. */
export interface QmuxReceiveEvents {
  /** `frame` goes to the peer: more credit, or a stop. */
  receiveControl(frame: QmuxFrame): void;
  /** Bytes came, or were skipped by a reset; throws `MoqError` over the session's window. */
  receivedBytes(bytes: number): void;
  /** Bytes that came are out of our hands. */
  consumedBytes(bytes: number): void;
  /** The peer sends nothing more. */
  receiveDone(stream: QmuxReceiveStream): void;
}

/** A `ReceiveStream` that the session feeds; what breaks a rule throws `MoqError` there. */
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

  /** A half with nothing received yet. */
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
    // Dropped bytes free the session's window; the stream's own gets no more.
    this.#events.consumedBytes(this.#queue.clear());
    if (!this.#finished) {
      this.#events.receiveControl({ type: "stop", id: this.id, code });
    }
    this.#latch.wake();
  }

  /** Takes the next bytes; RFC 9000 section 2.2, but in order: the channel keeps it. */
  receive(frame: StreamFrame): void {
    if (frame.offset !== undefined && frame.offset !== this.#received) {
      throw new MoqError(
        "protocol",
        `Expected stream data at ${this.#received}, got it at ${frame.offset}`,
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

  /** The peer gave the stream up; RFC 9000 section 4.5 counts what it had sent. */
  peerReset(frame: ResetFrame): void {
    // A final size that is too small comes from released peers and does no harm.
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

  /** The connection is gone; what is complete can still be read. */
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
