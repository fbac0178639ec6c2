/**
 * Reads fields from a QUIC stream, and then hands the stream on.
 *
 * @module
 */
import { readVarint, varintLength } from "../../bytes/varint.ts";
import { MoqError } from "../../error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EMPTY = new Uint8Array(0);
const BUFFER_BYTES = 256;

/** Reads a byte stream through one small buffer; the caller bounds what it asks for. */
export class ByteReader {
  readonly #stream: ReadableStream<Bytes>;
  readonly #reader: ReadableStreamBYOBReader;
  #spare = new ArrayBuffer(BUFFER_BYTES);
  #view: Bytes = EMPTY;

  /** Locks `stream` until {@linkcode ByteReader.release}. */
  constructor(stream: ReadableStream<Bytes>) {
    this.#stream = stream;
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /** The next varint, rounded above 2^53-1; `undefined` at a FIN before it. Throws `MoqError("decode")` at a FIN inside it, and the runtime's stream errors. */
  async varint(): Promise<number | undefined> {
    if (!await this.hasMore()) return undefined;
    const length = varintLength(this.#view[0]!);
    return readVarint(await this.bytes(length), 0);
  }

  /** A copy of exactly `length` bytes; throws `MoqError("decode")` if the stream ends before. */
  async bytes(length: number): Promise<Bytes> {
    const into = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const chunk = await this.chunk(length - at);
      if (!chunk) throw truncated(length - at);
      into.set(chunk, at);
      at += chunk.byteLength;
    }
    return into;
  }

  /** The next 1 to `max` bytes, as a view that is valid until the next call; `undefined` at FIN. */
  async chunk(max: number): Promise<Bytes | undefined> {
    if (!await this.hasMore()) return undefined;
    const chunk = this.#view.subarray(0, max);
    this.#view = this.#view.subarray(chunk.byteLength);
    return chunk;
  }

  /** Skips `length` bytes; throws `MoqError("decode")` if the stream ends before. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const chunk = await this.chunk(left);
      if (!chunk) throw truncated(left);
      left -= chunk.byteLength;
    }
  }

  /** Reads to the end and discards everything. */
  async drain(): Promise<void> {
    while (await this.chunk(BUFFER_BYTES));
  }

  /** Waits for the next byte without taking it; `false` at FIN. */
  async hasMore(): Promise<boolean> {
    if (this.#view.byteLength > 0) return true;
    const { value, done } = await this.#reader.read(
      new Uint8Array(this.#spare),
    );
    if (value) this.#spare = value.buffer;
    if (done || !value) {
      this.#spare = new ArrayBuffer(BUFFER_BYTES);
      return false;
    }
    this.#view = value;
    return true;
  }

  /** Unlocks the stream and returns it with the bytes that were read ahead; the reader must not be used afterwards. */
  release(): { readonly stream: ReadableStream<Bytes>; readonly left: Bytes } {
    this.#reader.releaseLock();
    return { stream: this.#stream, left: this.#view };
  }

  /** Asks the peer to stop; pending reads end. Idempotent, never throws. */
  cancel(): void {
    this.#reader.cancel().catch(() => {
      // The stream has already ended.
    });
  }
}

function truncated(missing: number): MoqError {
  return new MoqError("decode", `Expected ${missing} more bytes, got the end`);
}
