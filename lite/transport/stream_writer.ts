/**
 * Writing to a stream of the runtime's, whoever made it: what QUIC of Deno and
 * WebTransport of browsers have in common.
 *
 * @module
 */
import { Latch } from "../latch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

// Asked for before every write of every viewer, so one for all.
const READY: Promise<boolean> = Promise.resolve(true);

/** Counts the writes that the runtime has not taken yet. Nothing here throws or rejects. */
export class StreamWriter {
  /** Resolves when the stream ends before its FIN: with what the runtime says of it, or with `undefined` when we ended it. */
  readonly failed: Promise<unknown>;
  /** Resolves when the runtime holds everything up to FIN, or has lost the stream; pending while it is open. */
  readonly flushed: Promise<void>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #latch = new Latch();
  readonly #failed = Promise.withResolvers<unknown>();
  readonly #onWritten = (): void => this.#written();
  readonly #onFailed = (error: unknown): void => this.#fail(error);
  #writing = 0;
  #ended = false;

  /** Locks `stream` for good. */
  constructor(stream: WritableStream<Bytes>) {
    this.failed = this.#failed.promise;
    this.#writer = stream.getWriter();
    this.flushed = this.#writer.closed.then(() => {}, this.#onFailed);
  }

  /** Whether nothing more can be written. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** As `SendStream.ready`. */
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

  /** As `SendStream.write`. */
  write(chunk: Uint8Array): void {
    if (this.#ended || chunk.byteLength === 0) return;
    this.#writing++;
    // Runtimes take any view; the DOM's types ask for one that is not shared.
    this.#writer.write(chunk as Bytes).then(this.#onWritten, this.#onFailed);
  }

  /** FIN behind what was written. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#writer.close().catch(this.#onFailed);
  }

  /** As {@linkcode StreamWriter.close} where the runtime has no better end, but said to have failed. */
  closeEarly(): void {
    if (this.#ended) return;
    this.#failed.resolve(undefined);
    this.close();
  }

  /** Takes back what has not left yet; `reason` is the runtime's own form of a code. */
  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#failed.resolve(undefined);
    this.#end();
    this.#writer.abort(reason).catch(this.#onFailed);
  }

  #end(): void {
    this.#ended = true;
    this.#latch.wake();
  }

  #written(): void {
    this.#writing--;
    if (this.#writing === 0) this.#latch.wake();
  }

  #fail(error: unknown): void {
    this.#failed.resolve(error);
    this.#end();
  }
}
