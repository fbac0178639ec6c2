/**
 * The sending half of a qmux stream: its unsent bytes and its credit.
 *
 * @module
 */
import { Latch } from "../../latch.ts";
import type { SendCredit } from "./flow.ts";
import { openStreamFrame, type QmuxFrame } from "./frame.ts";
import type { QmuxWire } from "./wire.ts";
import type { SendStream } from "../transport.ts";

/** Unsent bytes of one stream above which its writer waits. */
const QUEUE_BYTES = 16 * 1024;

/** Events of a sending half. */
export interface SendEvents {
  /** `stream` has something to send. */
  sendable(stream: QmuxSendStream): void;
  /** The stream was reset: sends `frame` to the peer. */
  sendReset(stream: QmuxSendStream, frame: QmuxFrame): void;
  /** Its last frame was taken. */
  sendDone(stream: QmuxSendStream): void;
}

/** Options of {@linkcode QmuxSendStream}. */
interface SendInit {
  /** The stream's id. */
  readonly id: number;
  /** Higher goes first. */
  readonly sendOrder: number;
  /** The peer's credit for this stream. */
  readonly credit: SendCredit;
  /** Receives its events. */
  readonly events: SendEvents;
}

/** A `SendStream` whose frames are taken by the session, one at a time. */
export class QmuxSendStream implements SendStream {
  /** The stream's id. */
  readonly id: number;
  /** Higher goes first. */
  readonly sendOrder: number;
  readonly #credit: SendCredit;
  readonly #events: SendEvents;
  readonly #latch = new Latch();
  readonly #chunks: Uint8Array[] = [];
  readonly #stopped = Promise.withResolvers<number | undefined>();
  #queued = 0;
  #sent = 0;
  #closing = false;
  #done = false;

  /** Starts without data. */
  constructor(init: SendInit) {
    this.id = init.id;
    this.sendOrder = init.sendOrder;
    this.#credit = init.credit;
    this.#events = init.events;
  }

  get stopped(): Promise<number | undefined> {
    return this.#stopped.promise;
  }

  get sentBytes(): number {
    return this.#sent;
  }

  /** Whether everything was written and FIN is still to be sent. */
  get isClosing(): boolean {
    return this.#closing && !this.#done;
  }

  /** Bytes that can be sent now; 0 also if only a FIN is left. */
  get sendableBytes(): number {
    return this.#done ? 0 : Math.min(this.#queued, this.#credit.available);
  }

  /** Whether only the FIN is left, which needs no credit. */
  get owesFin(): boolean {
    return this.#closing && !this.#done && this.#queued === 0;
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    const release = signal && this.#latch.wakeOn(signal);
    try {
      for (;;) {
        if (this.#done || this.#closing || signal?.aborted) return false;
        if (this.#queued < QUEUE_BYTES) return true;
        await this.#latch.changed();
      }
    } finally {
      if (release) release();
    }
  }

  write(chunk: Uint8Array): void {
    if (this.#done || this.#closing || chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#queued += chunk.byteLength;
    this.#events.sendable(this);
  }

  close(): void {
    if (this.#done || this.#closing) return;
    this.#closing = true;
    this.#latch.wake();
    this.#events.sendable(this);
  }

  reset(code: number): void {
    if (this.#closing) return;
    this.#reset(code, undefined);
  }

  /** The peer sent STOP_SENDING: RFC 9000 section 3.5 answers with a reset of the same code. */
  peerStopped(code: number): void {
    this.#reset(code, code);
  }

  /** The connection has ended. */
  lost(): void {
    if (!this.#done) this.#end(undefined);
  }

  /** The peer allows `limit` bytes in total. */
  allow(limit: number): void {
    this.#credit.raise(limit);
    if (this.sendableBytes > 0) this.#events.sendable(this);
  }

  /** The next STREAM frame with at most `maxBytes` of payload, which the session's credit must cover; call it only if there is something to send. */
  takeFrame(maxBytes: number, wire: QmuxWire): Uint8Array<ArrayBuffer> {
    const length = Math.min(maxBytes, this.sendableBytes);
    const fin = this.#closing && length === this.#queued;
    const { bytes, payloadAt } = openStreamFrame({
      id: this.id,
      offset: this.#sent,
      length,
      fin,
    }, wire);
    this.#moveInto(bytes.subarray(payloadAt));
    this.#credit.take(length);
    this.#sent += length;
    if (fin) {
      this.#done = true;
      this.#events.sendDone(this);
    } else if (this.#queued < QUEUE_BYTES) {
      this.#latch.wake();
    }
    return bytes;
  }

  #moveInto(into: Uint8Array): void {
    for (let at = 0; at < into.byteLength;) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, into.byteLength - at);
      into.set(part, at);
      at += part.byteLength;
      if (part.byteLength === chunk.byteLength) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.byteLength);
    }
    this.#queued -= into.byteLength;
  }

  #reset(code: number, stoppedWith: number | undefined): void {
    if (this.#done) return;
    this.#end(stoppedWith);
    this.#events.sendReset(this, {
      type: "reset",
      id: this.id,
      code,
      finalSize: this.#sent,
    });
    this.#events.sendDone(this);
  }

  #end(stoppedWith: number | undefined): void {
    this.#done = true;
    this.#chunks.length = 0;
    this.#queued = 0;
    this.#latch.wake();
    this.#stopped.resolve(stoppedWith);
  }
}
