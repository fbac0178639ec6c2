/**
 * The sending half of a stream between the two ends of a pair.
 *
 * @module
 */
import { Latch } from "../../latch.ts";
import type { SendStream } from "../transport.ts";
import type { Carrier, Piece, Sender } from "./carrier.ts";
import type { ReceiveHalf } from "./receive_half.ts";

const NOTHING = new Uint8Array(0);

/** Options of {@linkcode SendHalf}. */
interface SendHalfOptions {
  /** Strict priority, higher first. */
  readonly sendOrder: number;
  /** Bytes that may be sent before anything is read. */
  readonly windowBytes: number;
  /** Whether `reset` is a reset or only an early FIN. */
  readonly reliableReset: boolean;
  /** What brings the bytes across. */
  readonly carrier: Carrier;
  /** The other end. */
  readonly receiver: ReceiveHalf;
  /** Told once that nothing more will be sent. */
  readonly onDone: () => void;
}

/** Bytes are first pending, then in the send buffer as flow control and room allow, then sent. */
export class SendHalf implements SendStream, Sender {
  readonly sendOrder: number;
  readonly #options: SendHalfOptions;
  readonly #latch = new Latch();
  readonly #stopped = Promise.withResolvers<number | undefined>();
  readonly #pending: Uint8Array[] = [];
  readonly #unsent: Uint8Array[] = [];
  readonly #lost: Piece[] = [];
  #limit: number;
  #admittedBytes = 0;
  #sentBytes = 0;
  #closed = false;
  #finSent = false;
  #ended = false;

  /** A half that sends to `options.receiver`. */
  constructor(options: SendHalfOptions) {
    this.sendOrder = options.sendOrder;
    this.#limit = options.windowBytes;
    this.#options = options;
  }

  get stopped(): Promise<number | undefined> {
    return this.#stopped.promise;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    const release = this.#latch.wakeOn(signal);
    while (
      this.#pending.length > 0 && !this.#closed && !this.#ended &&
      !signal?.aborted
    ) {
      await this.#latch.changed();
    }
    release();
    return !this.#closed && !this.#ended && !signal?.aborted;
  }

  write(chunk: Uint8Array): void {
    if (this.#closed || this.#ended || chunk.byteLength === 0) return;
    this.#pending.push(chunk);
    this.admit();
  }

  close(): void {
    if (this.#closed || this.#ended) return;
    this.#closed = true;
    this.#latch.wake();
    this.admit();
  }

  reset(code: number): void {
    if (this.#closed || this.#ended) return;
    if (this.#options.reliableReset) {
      this.#end(undefined);
      this.#options.carrier.control(() => this.#options.receiver.reset(code));
    } else {
      this.#stopped.resolve(undefined);
      this.close();
    }
  }

  /** The other end reads up to `limit` bytes in total. */
  grant(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
    this.admit();
  }

  /** The other end wants no more, or the connection is gone when there is no `code`. */
  stop(code: number | undefined): void {
    this.#end(code);
  }

  get hasWork(): boolean {
    return this.#lost.length > 0 || this.#unsent.length > 0 || this.#finIsNext;
  }

  admit(): void {
    for (;;) {
      const first = this.#pending[0];
      const room = Math.min(
        this.#limit - this.#admittedBytes,
        this.#options.carrier.roomBytes,
      );
      if (!first || room <= 0) break;
      const part = first.subarray(0, room);
      if (part.byteLength === first.byteLength) this.#pending.shift();
      else this.#pending[0] = first.subarray(room);
      this.#unsent.push(part);
      this.#admittedBytes += part.byteLength;
      this.#options.carrier.hold(part.byteLength);
    }
    if (this.#pending.length === 0) this.#latch.wake();
    if (this.hasWork || this.#pending.length > 0) {
      this.#options.carrier.wake(this);
    }
  }

  take(maxBytes: number): Piece | undefined {
    const lost = this.#lost.shift();
    if (lost) return lost;
    const first = this.#unsent[0];
    if (!first && !this.#finIsNext) return undefined;
    const bytes = first?.subarray(0, maxBytes) ?? NOTHING;
    if (first && bytes.byteLength < first.byteLength) {
      this.#unsent[0] = first.subarray(maxBytes);
    } else {
      this.#unsent.shift();
    }
    const offset = this.#sentBytes;
    this.#sentBytes += bytes.byteLength;
    const fin = this.#finIsNext;
    if (fin) this.#finSent = true;
    return { offset, bytes, fin };
  }

  deliver(piece: Piece): void {
    this.#options.receiver.deliver(piece);
    if (piece.fin) this.#options.onDone();
  }

  lose(piece: Piece): void {
    if (this.#ended) return this.#options.carrier.hold(-piece.bytes.byteLength);
    this.#lost.push(piece);
    this.#options.carrier.wake(this);
  }

  get #finIsNext(): boolean {
    return this.#closed && !this.#finSent && !this.#ended &&
      this.#pending.length === 0 && this.#unsent.length === 0;
  }

  #end(code: number | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#finSent) this.#stopped.resolve(code);
    this.#options.carrier.hold(this.#sentBytes - this.#admittedBytes);
    for (const { bytes } of this.#lost) {
      this.#options.carrier.hold(-bytes.byteLength);
    }
    for (const queue of [this.#pending, this.#unsent, this.#lost]) {
      queue.length = 0;
    }
    this.#latch.wake();
    this.#options.onDone();
  }
}
