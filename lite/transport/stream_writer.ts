/**
 * Writes to streams of the runtime: shared by Deno's QUIC and the browsers'
 * WebTransport.
 *
 * @module
 */
import { Latch } from "../latch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

// Shared, since it is returned before every write to every viewer.
const READY: Promise<boolean> = Promise.resolve(true);

/** The base of sending halves: counts the writes that the runtime has not completed. Nothing here throws or rejects. */
export class StreamWriter {
  /** Resolves when the stream ends before its FIN: with the runtime's error, or with `undefined` if we ended it. */
  readonly failed: Promise<unknown>;
  /** Resolves when the runtime has taken everything up to FIN, or lost the stream; pending while it is open. */
  readonly flushed: Promise<void>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #latch = new Latch();
  readonly #failed = Promise.withResolvers<unknown>();
  readonly #onWritten = (): void => {
    this.#writing--;
    if (this.#writing === 0) this.#latch.wake();
  };
  readonly #onFailed = (error: unknown): void => {
    this.#failed.resolve(error);
    this.#end();
  };
  #writing = 0;
  #ended = false;

  /** Locks `stream` permanently. */
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

  /** Sends FIN after all writes. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#writer.close().catch(this.#onFailed);
  }

  /** As {@linkcode StreamWriter.close}, but counts as failed: for runtimes without resets. */
  closeEarly(): void {
    if (this.#ended) return;
    this.#failed.resolve(undefined);
    this.close();
  }

  /** Resets the stream; `reason` is the runtime's own form of a code. */
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
}
