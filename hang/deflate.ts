/**
 * The compression of JSON tracks and of `catalog.json.z`, for programs that
 * want it: raw DEFLATE (RFC 1951) with a sync flush after each frame, which the
 * `CompressionStream` of browsers cannot do.
 *
 * @module
 */
import type { Compression, FrameCoder } from "@moq-deno/lite/json";
import { Deflate, Inflate, Z_SYNC_FLUSH } from "pako";

/** Ends every sync flush and is not on the wire, RFC 7692 section 7.2.1. */
const MARKER = Uint8Array.of(0, 0, 0xff, 0xff);
const LEVEL = 6;

/** DEFLATE as all known peers have it; hand it to whatever takes a `Compression`. */
export const deflate: Compression = {
  deflate: () => new Deflater(),
  inflate: (maxBytes) => new Inflater(maxBytes),
};

class Deflater implements FrameCoder {
  readonly #deflate = new Deflate({ raw: true, level: LEVEL });
  readonly #chunks = new Chunks();

  constructor() {
    this.#deflate.onData = (chunk) => this.#chunks.add(chunk);
  }

  frame(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength === 0) return bytes;
    this.#deflate.push(bytes, Z_SYNC_FLUSH);
    const whole = this.#chunks.take();
    return whole.subarray(0, whole.byteLength - MARKER.byteLength);
  }
}

class Inflater implements FrameCoder {
  readonly #inflate = new Inflate({ raw: true });
  readonly #chunks: Chunks;

  constructor(maxBytes: number) {
    this.#chunks = new Chunks(maxBytes);
    this.#inflate.onData = (chunk) => this.#chunks.add(chunk);
  }

  frame(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength === 0) return bytes;
    for (const part of [bytes, MARKER]) {
      this.#inflate.push(part, Z_SYNC_FLUSH);
      if (this.#inflate.err !== 0) throw new TypeError(this.#inflate.msg);
    }
    return this.#chunks.take();
  }
}

/** What a coder has put out for one frame; throws when that is more than it may be, which ends the coder's work. */
class Chunks {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes = Infinity) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Uint8Array | string): void {
    if (typeof chunk === "string") throw new TypeError("Expected bytes");
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) {
      throw new RangeError(`it would have more than ${this.#maxBytes} bytes`);
    }
    this.#chunks.push(chunk);
  }

  take(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks.splice(0)) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    this.#bytes = 0;
    return whole;
  }
}
