/**
 * The top-level boxes of an MP4 file as they arrive, ISO/IEC 14496-12 section
 * 4.2.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { abortable, MAX_GROUP_BYTES } from "@moq-deno/lite/internal";

const HEADER_BYTES = 8;

/** A box with its header. */
export interface RawBox {
  /** Four characters. */
  readonly type: string;
  /** Header and body. */
  readonly bytes: Uint8Array;
}

/** Cuts a stream into boxes; none may be larger than a group can be. */
export class BoxStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  /** Reads from `stream`, which it locks. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next box, `undefined` after the last; throws `MoqError("decode")` for one that breaks off, and `signal.reason`. */
  async next(signal?: AbortSignal): Promise<RawBox | undefined> {
    const header = new Uint8Array(HEADER_BYTES);
    const got = await this.#fill(header, { from: 0, signal });
    if (got === 0) return undefined;
    const type = String.fromCharCode(...header.subarray(4));
    const size = new DataView(header.buffer).getUint32(0);
    if (got < HEADER_BYTES) {
      throw new MoqError("decode", `Expected a box header, got ${got} bytes`);
    }
    // 0 is "to the end of the file" and 1 a length of 64 bits: neither is a fragment.
    if (size < HEADER_BYTES || size > MAX_GROUP_BYTES) {
      throw new MoqError(
        "decode",
        `Expected box ${
          JSON.stringify(type)
        } to have ${HEADER_BYTES} to ${MAX_GROUP_BYTES} bytes, got ${size}`,
      );
    }
    const bytes = new Uint8Array(size);
    bytes.set(header);
    const end = await this.#fill(bytes, { from: HEADER_BYTES, signal });
    if (end === size) return { type, bytes };
    throw new MoqError(
      "decode",
      `Expected ${size} bytes of box ${type}, the stream ends after ${end}`,
    );
  }

  /** Lets go of the stream, whatever is still in it. Idempotent. */
  close(): void {
    // Not awaited: how the stream ends does not matter here.
    this.#reader.cancel().catch(() => undefined);
  }

  /** Fills `into` from `from` on and returns how far it came. */
  async #fill(
    into: Uint8Array,
    { from, signal }: {
      readonly from: number;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<number> {
    let at = from;
    while (at < into.byteLength) {
      if (this.#chunk.byteLength === 0) {
        const { value, done } = await abortable(this.#reader.read(), signal);
        if (done) break;
        this.#chunk = value;
      }
      const part = this.#chunk.subarray(0, into.byteLength - at);
      into.set(part, at);
      at += part.byteLength;
      this.#chunk = this.#chunk.subarray(part.byteLength);
    }
    return at;
  }
}
