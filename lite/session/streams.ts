/**
 * Messages on streams: reading them bounded, whatever the chunks, and writing
 * the first bytes of a stream.
 *
 * @module
 */
import {
  readVarint,
  varintLength,
  varintSize,
  writeVarint,
} from "../bytes/varint.ts";
import { MoqError, streamCodeOf, streamErrorOf } from "../error.ts";
import type { ReceiveStream } from "../transport/transport.ts";
import { codeTable, type Version } from "../wire/version.ts";

/** Largest control message accepted from a peer, in bytes. */
export const MAX_CONTROL_BYTES = 64 * 1024;

/** Largest request accepted, in bytes: a path, a track name and a few numbers. */
const MAX_REQUEST_BYTES = 16 * 1024;

const CONTROL_SCRATCH_BYTES = 1024;

/** Options of {@linkcode MessageReader}. */
interface MessageReaderOptions {
  /** The draft spoken, which says what the numbers of resets mean. */
  readonly version: Version;
  /** How much one read may bring. Default 1 KiB. */
  readonly scratchBytes?: number | undefined;
}

/** Reads varints and messages, then the rest as chunks. Keeps no more than one message. */
export class MessageReader {
  readonly #stream: ReceiveStream;
  readonly #version: Version;
  #scratch: Uint8Array<ArrayBuffer>;
  // Bytes from #from to #to of #store are read from the stream and not used yet.
  #store: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** Owns the receiving half `stream`. A peer's reset shows in every read as the `MoqError` its number means, with the `remoteCode`. */
  constructor(stream: ReceiveStream, options: MessageReaderOptions) {
    this.#stream = stream;
    this.#version = options.version;
    this.#scratch = new Uint8Array(
      options.scratchBytes ?? CONTROL_SCRATCH_BYTES,
    );
  }

  /** Lets every read from here on bring up to `bytes`. */
  readAtOnce(bytes: number): void {
    this.#scratch = new Uint8Array(bytes);
  }

  /** The next varint, `undefined` when the stream ends before it. Throws `MoqError("remote")` when it ends inside. */
  async varint(): Promise<number | undefined> {
    if (!await this.#need(1)) return undefined;
    const length = varintLength(this.#store[this.#from]!);
    await this.#demand(length);
    const value = readVarint(this.#store, this.#from);
    this.#from += length;
    return value;
  }

  /** The next `length` bytes; throws `MoqError("remote")` when the stream ends before. */
  async bytes(length: number): Promise<Uint8Array> {
    await this.#demand(length);
    const bytes = this.#store.slice(this.#from, this.#from + length);
    this.#from += length;
    return bytes;
  }

  /** The body of the next length-prefixed message, `undefined` when the stream ends before it. Throws `MoqError("protocol")` over `maxBytes`. */
  async message(
    maxBytes: number = MAX_CONTROL_BYTES,
  ): Promise<Uint8Array | undefined> {
    const length = await this.varint();
    if (length === undefined) return undefined;
    if (length > maxBytes) {
      throw new MoqError(
        "protocol",
        `Expected a message of at most ${maxBytes} bytes, got ${length}`,
      );
    }
    return await this.bytes(length);
  }

  /** As {@linkcode MessageReader.message} where one has to come. */
  async expectMessage(maxBytes?: number): Promise<Uint8Array> {
    const body = await this.message(maxBytes);
    if (!body) throw endedEarly();
    return body;
  }

  /** The message of a request. Throws `MoqError("too-large")` over 16 KiB, which refuses the request and keeps the session. */
  async request(): Promise<Uint8Array> {
    const length = await this.varint();
    if (length === undefined) throw endedEarly();
    if (length <= MAX_REQUEST_BYTES) return await this.bytes(length);
    throw new MoqError(
      "too-large",
      `Expected a request of at most ${MAX_REQUEST_BYTES} bytes, got ${length}`,
    );
  }

  /** The next bytes as they come, valid until the next call; `undefined` at the end. */
  async chunk(): Promise<Uint8Array | undefined> {
    if (this.#to > this.#from) {
      const rest = this.#store.subarray(this.#from, this.#to);
      this.#from = this.#to;
      return rest;
    }
    return await this.#read();
  }

  /** Reads to the end of the stream and ignores what comes; for a peer's half that says nothing more. */
  async drain(): Promise<void> {
    while (await this.chunk()) { /* ignored */ }
  }

  /** Asks the peer to stop. */
  stop(code: number): void {
    this.#stream.stop(code);
  }

  /** Asks the peer to stop because of `error`, in the draft's number for it. */
  stopFor(error: MoqError): void {
    this.stop(streamCodeOf(error, codeTable(this.#version)));
  }

  /** Asks the peer to stop because nobody wants the rest. */
  cancel(): void {
    this.stopFor(new MoqError("cancelled", "Request was cancelled"));
  }

  async #demand(length: number): Promise<void> {
    if (!await this.#need(length)) throw endedEarly();
  }

  async #need(length: number): Promise<boolean> {
    while (this.#to - this.#from < length) {
      const chunk = await this.#read();
      if (!chunk) return false;
      this.#keep(chunk);
    }
    return true;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const chunk = await this.#stream.read(this.#scratch);
      if (chunk) this.#scratch = new Uint8Array(chunk.buffer);
      return chunk;
    } catch (error) {
      throw this.#meaningOf(error);
    }
  }

  #meaningOf(error: unknown): unknown {
    const isReset = error instanceof MoqError && error.code === "remote" &&
      error.remoteCode !== undefined;
    return isReset
      ? streamErrorOf(error.remoteCode!, codeTable(this.#version))
      : error;
  }

  #keep(chunk: Uint8Array): void {
    const held = this.#to - this.#from;
    const wanted = held + chunk.byteLength;
    if (this.#to + chunk.byteLength > this.#store.byteLength) {
      const store = wanted > this.#store.byteLength
        ? new Uint8Array(Math.max(wanted, this.#store.byteLength * 2))
        : this.#store;
      store.set(this.#store.subarray(this.#from, this.#to));
      this.#store = store;
      this.#from = 0;
      this.#to = held;
    }
    this.#store.set(chunk, this.#to);
    this.#to += chunk.byteLength;
  }
}

function endedEarly(): MoqError {
  return new MoqError(
    "remote",
    "The peer ended the stream without the message that it owes",
  );
}

/** The varint that begins a stream, followed by `rest`. */
export function withType(type: number, rest?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(varintSize(type) + (rest?.byteLength ?? 0));
  bytes.set(rest ?? [], writeVarint(bytes, 0, type));
  return bytes;
}
