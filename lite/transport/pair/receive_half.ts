/**
 * The receiving half of a stream between the two ends of a pair.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import { again, checkRoom, stoppedError } from "../stream_end.ts";
import type { ReceiveStream } from "../transport.ts";
import type { Piece } from "./carrier.ts";

/** Events of a receiving half. */
export interface ReceiveEvents {
  /** The first piece or a reset arrived. */
  arrived(): void;
  /** The sender may now send up to `limit` bytes in total. */
  credit(limit: number): void;
  /** The reader stopped the stream. */
  stopped(code: number): void;
  /** No more reads will follow. */
  done(): void;
}

/** Reorders pieces for its reader; grants at most a window beyond what was read. */
export class ReceiveHalf implements ReceiveStream {
  readonly #windowBytes: number;
  readonly #events: ReceiveEvents;
  readonly #latch = new Latch();
  readonly #early = new Map<number, Piece>();
  readonly #ready: Uint8Array[] = [];
  #arrived = false;
  #arrivedBytes = 0;
  #readBytes = 0;
  #granted: number;
  #finished = false;
  #error: MoqError | undefined;
  #isDone = false;
  #stopped = false;

  /** Reports to `events`. */
  constructor(windowBytes: number, events: ReceiveEvents) {
    this.#windowBytes = windowBytes;
    this.#granted = windowBytes;
    this.#events = events;
  }

  async read(
    into: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      if (this.#stopped) throw stoppedError();
      if (this.#ready.length === 0 && (this.#finished || this.#error)) {
        this.#done();
        return again(this.#finished ? {} : { error: this.#error });
      }
      checkRoom(into);
      if (this.#ready.length > 0) return this.#copyOut(into);
      await this.#latch.changed();
    }
  }

  stop(code: number): void {
    if (this.#stopped || this.#isDone) return;
    this.#stopped = true;
    this.#drop();
    this.#events.stopped(code);
    this.#done();
    this.#latch.wake();
  }

  /** A piece arrived, in any order. */
  deliver(piece: Piece): void {
    this.#arrive();
    if (this.#isDone || this.#error) return;
    this.#early.set(piece.offset, piece);
    for (;;) {
      const next = this.#early.get(this.#arrivedBytes);
      if (!next) break;
      this.#early.delete(this.#arrivedBytes);
      if (next.bytes.byteLength > 0) this.#ready.push(next.bytes);
      this.#arrivedBytes += next.bytes.byteLength;
      if (next.fin) {
        this.#finished = true;
        break;
      }
    }
    this.#latch.wake();
  }

  /** The sender reset the stream: unread data is lost, as in QUIC. */
  reset(code: number): void {
    this.#arrive();
    if (this.#isDone || this.#finished || this.#error) return;
    this.#drop();
    this.fail(
      new MoqError("remote", `Peer reset the stream with code ${code}`, {
        remoteCode: code,
      }),
    );
  }

  /** The stream failed; data that has arrived can still be read. */
  fail(error: MoqError): void {
    this.#error ??= error;
    this.#latch.wake();
  }

  #arrive(): void {
    if (this.#arrived) return;
    this.#arrived = true;
    this.#events.arrived();
  }

  #copyOut(into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    let filled = 0;
    while (filled < into.byteLength && this.#ready.length > 0) {
      const chunk = this.#ready[0]!;
      const part = chunk.subarray(0, into.byteLength - filled);
      into.set(part, filled);
      filled += part.byteLength;
      if (part.byteLength === chunk.byteLength) this.#ready.shift();
      else this.#ready[0] = chunk.subarray(part.byteLength);
    }
    this.#readBytes += filled;
    const limit = this.#readBytes + this.#windowBytes;
    if (!this.#finished && limit - this.#granted >= this.#windowBytes / 2) {
      this.#granted = limit;
      this.#events.credit(limit);
    }
    return into.subarray(0, filled);
  }

  #drop(): void {
    this.#ready.length = 0;
    this.#early.clear();
  }

  #done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#events.done();
  }
}
