/**
 * Frames of a WebSocket as a server reads and writes them, RFC 6455 section 5.
 * Messages are bounded before memory is taken for them.
 *
 * @module
 */

/** What a frame is for. RFC 6455, section 5.2. */
export const OPCODE = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** What came: whole messages, and control frames. */
export interface Received {
  /** What it is; never a continuation. */
  readonly opcode: number;
  /** Its payload, which belongs to whoever gets it. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A peer that breaks the rules, and the close code that says so. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  /** The close code. RFC 6455, section 7.4.1. */
  readonly code: number;

  /** `code` is sent to the peer with `message`. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;
const MAX_HEADER_BYTES = 14;
const MAX_CONTROL_BYTES = 125;
const FIRST_BYTES = 1024;

interface Header {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly length: number;
}

/** Puts frames of a client together, whatever the chunks. Holds one message and one control frame at most. */
export class WebSocketFrameReader {
  readonly #maxBytes: number;
  readonly #head = new Uint8Array(MAX_HEADER_BYTES);
  #headBytes = 0;
  #frame: Header | undefined;
  #left = 0;
  #read = 0;
  // A message may come in several frames, with control frames between them.
  #opcode = 0;
  readonly #message = new Buffer();
  readonly #control = new Buffer();

  /** Messages of more than `maxBytes` are an error. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes `chunk` and yields what is complete with it; throws {@linkcode FrameError}. */
  *push(chunk: Uint8Array): Generator<Received, void> {
    for (let at = 0; at < chunk.byteLength;) {
      if (!this.#frame) {
        this.#head[this.#headBytes++] = chunk[at++]!;
        this.#begin();
      } else {
        const part = chunk.subarray(at, at + this.#left);
        this.#append(part);
        at += part.byteLength;
      }
      const received = this.#frame && this.#left === 0
        ? this.#end(this.#frame)
        : undefined;
      if (received) yield received;
    }
  }

  get #mask(): Uint8Array {
    return this.#head.subarray(this.#headBytes - 4, this.#headBytes);
  }

  /** Begins a frame once its header is whole. */
  #begin(): void {
    if (this.#headBytes < 2) return;
    const [first = 0, second = 0] = this.#head;
    if ((first & 0x70) !== 0) throw broken("no reserved bits", first & 0x70);
    if ((second & 0x80) === 0) throw broken("a masked frame", "none");
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (this.#headBytes < 2 + lengthBytes + 4) return;
    let length = lengthBytes === 0 ? short : 0;
    for (let i = 0; i < lengthBytes; i++) {
      length = length * 256 + this.#head[2 + i]!;
    }
    const isFinal = (first & 0x80) !== 0;
    this.#check({ isFinal, opcode: first & 0x0f, length });
    this.#left = length;
    this.#read = 0;
  }

  #check(frame: Header): void {
    const { opcode, length, isFinal } = frame;
    if (opcode >= OPCODE.close) {
      if (opcode > OPCODE.pong) throw broken("a known opcode", opcode);
      if (!isFinal || length > MAX_CONTROL_BYTES) {
        throw broken(`a control frame of ${MAX_CONTROL_BYTES} bytes`, length);
      }
      this.#control.clear();
    } else {
      const isNew = opcode !== OPCODE.continuation;
      if (opcode > OPCODE.binary) throw broken("a known opcode", opcode);
      if (isNew !== (this.#opcode === 0)) {
        throw broken("the rest of a message before the next", opcode);
      }
      if (this.#message.length + length > this.#maxBytes) {
        throw new FrameError(
          TOO_BIG,
          `Expected a message of at most ${this.#maxBytes} bytes, got ${
            this.#message.length + length
          }`,
        );
      }
      if (isNew) this.#opcode = opcode;
    }
    this.#frame = frame;
  }

  #append(part: Uint8Array): void {
    const { opcode } = this.#frame!;
    const buffer = opcode >= OPCODE.close ? this.#control : this.#message;
    const into = buffer.extend(part.byteLength, this.#left);
    const mask = this.#mask;
    for (let i = 0; i < part.byteLength; i++) {
      into[i] = part[i]! ^ mask[(this.#read + i) & 3]!;
    }
    this.#read += part.byteLength;
    this.#left -= part.byteLength;
  }

  #end({ opcode, isFinal }: Header): Received | undefined {
    this.#frame = undefined;
    this.#headBytes = 0;
    if (opcode >= OPCODE.close) return { opcode, data: this.#control.take() };
    if (!isFinal) return undefined;
    const whole = { opcode: this.#opcode, data: this.#message.take() };
    this.#opcode = 0;
    return whole;
  }
}

/** Bytes that grow by doubling, so that many small frames cost no more than few large ones. */
class Buffer {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Room for `count` more bytes, to be filled; `expected` more are likely to come. */
  extend(count: number, expected: number): Uint8Array<ArrayBuffer> {
    const wanted = this.#length + count;
    if (wanted > this.#bytes.byteLength) {
      const likely = this.#length + expected;
      const grown = this.#length === 0
        ? likely
        : Math.max(likely, 2 * this.#bytes.byteLength, FIRST_BYTES);
      const bytes = new Uint8Array(grown);
      bytes.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = bytes;
    }
    const room = this.#bytes.subarray(this.#length, wanted);
    this.#length = wanted;
    return room;
  }

  /** The bytes, in a buffer of just their size. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#length === this.#bytes.byteLength
      ? this.#bytes
      : this.#bytes.slice(0, this.#length);
    this.clear();
    return taken;
  }

  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }
}

function broken(expected: string, got: number | string): FrameError {
  return new FrameError(PROTOCOL_ERROR, `Expected ${expected}, got ${got}`);
}

/** The header of an unmasked, final frame of `length` bytes. */
export function frameHeader(opcode: number, length: number): Uint8Array {
  const first = 0x80 | opcode;
  if (length <= MAX_CONTROL_BYTES) return Uint8Array.of(first, length);
  if (length < 0x1_0000) {
    return Uint8Array.of(first, 126, length >> 8, length & 0xff);
  }
  const header = new Uint8Array(10);
  header[0] = first;
  header[1] = 127;
  new DataView(header.buffer).setBigUint64(2, BigInt(length));
  return header;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason);
  const payload = new Uint8Array(
    2 + Math.min(text.byteLength, MAX_CONTROL_BYTES - 2),
  );
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text.subarray(0, MAX_CONTROL_BYTES - 2), 2);
  return payload;
}
