/**
 * Frames as they are stored and sent: `zigzag timestamp delta, size, payload`,
 * the delta counting from the previous frame of the same group. moq-lite-05
 * and -06, "FRAME".
 *
 * @module
 */
import { MoqError } from "../error.ts";
import {
  readVarint,
  unzigzag,
  varintLength,
  varintSize,
  writeVarint,
  zigzag,
} from "../bytes/varint.ts";

/** One timestamped payload of a group. */
export interface Frame {
  /** When it is shown, in ticks of the track's timescale; negative is allowed. */
  readonly timestamp: number;
  /** The bytes, never changed after they were written. */
  readonly payload: Uint8Array;
}

/** Most frames a group may hold. */
export const MAX_GROUP_FRAMES = 8192;
/** Most bytes a group may hold, frame headers included. */
export const MAX_GROUP_BYTES: number = 32 * 1024 * 1024;
/** Furthest a timestamp may be from 0, in ticks: the delta between any two is then exact. */
export const MAX_TIMESTAMP: number = 2 ** 51 - 1;

/** The bytes before a payload: `timestamp` relative to `previous`, and the size. */
export function encodeFrameHeader(
  timestamp: number,
  previous: number,
  payloadBytes: number,
): Uint8Array {
  const delta = zigzag(timestamp - previous);
  const header = new Uint8Array(varintSize(delta) + varintSize(payloadBytes));
  writeVarint(header, writeVarint(header, 0, delta), payloadBytes);
  return header;
}

/** What {@linkcode FrameScanner} calls as it passes over the bytes of a group. */
interface FrameVisitor {
  /** A frame header is complete; its payload has `size` bytes. */
  frame(timestamp: number, size: number): void;
  /** The next bytes of the current frame's payload. */
  payload(bytes: Uint8Array): void;
}

/**
 * Finds the frames in a group's bytes, however they are cut into chunks, and
 * remembers where each begins. Each byte is looked at once; payloads are
 * skipped.
 */
export class FrameScanner {
  /** Where each complete frame begins, then where the next one will. */
  readonly starts: number[] = [0];
  /** Timestamp of the first frame whose header was complete. */
  firstTimestamp: number | undefined;
  /** Timestamp of the newest frame whose header was complete. */
  timestamp = 0;
  readonly #visitor: FrameVisitor | undefined;
  readonly #deltaLengths: number[] = [];
  readonly #head = new Uint8Array(16);
  #headLength = 0;
  #payloadLeft = 0;
  #at = 0;

  /** `visitor`, if given, sees every frame once. */
  constructor(visitor?: FrameVisitor) {
    this.#visitor = visitor;
  }

  /** Whether the bytes so far end where a frame does. */
  get isOnBoundary(): boolean {
    return this.starts.at(-1) === this.#at;
  }

  /** Complete frames so far. */
  get frameCount(): number {
    return this.starts.length - 1;
  }

  /** Passes over the next bytes; throws `MoqError("too-large")` at a bound, `MoqError("decode")` at a timestamp out of range. */
  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.byteLength;) {
      from += this.#payloadLeft > 0
        ? this.#skipPayload(chunk, from)
        : this.#readHeader(chunk, from);
    }
  }

  #skipPayload(chunk: Uint8Array, from: number): number {
    const take = Math.min(this.#payloadLeft, chunk.byteLength - from);
    this.#visitor?.payload(chunk.subarray(from, from + take));
    this.#at += take;
    this.#payloadLeft -= take;
    if (this.#payloadLeft === 0) this.starts.push(this.#at);
    return take;
  }

  #readHeader(chunk: Uint8Array, from: number): number {
    this.#head[this.#headLength++] = chunk[from]!;
    this.#at++;
    const deltaLength = varintLength(this.#head[0]!);
    this.#deltaLengths[this.frameCount] = deltaLength;
    if (this.#headLength <= deltaLength) return 1;
    const sizeLength = varintLength(this.#head[deltaLength]!);
    if (this.#headLength < deltaLength + sizeLength) return 1;
    this.#begin(
      unzigzag(readVarint(this.#head, 0)),
      readVarint(this.#head, deltaLength),
    );
    return 1;
  }

  #begin(delta: number, size: number): void {
    this.#headLength = 0;
    if (this.frameCount === MAX_GROUP_FRAMES) {
      throw new MoqError(
        "too-large",
        `Expected at most ${MAX_GROUP_FRAMES} frames in a group, got more`,
      );
    }
    if (this.#at + size > MAX_GROUP_BYTES) {
      throw new MoqError(
        "too-large",
        `Expected at most ${MAX_GROUP_BYTES} bytes in a group, got a frame of ${size} at ${this.#at}`,
      );
    }
    const timestamp = this.timestamp + delta;
    if (Math.abs(timestamp) > MAX_TIMESTAMP) {
      throw new MoqError(
        "decode",
        `Expected a timestamp within ${MAX_TIMESTAMP} ticks of 0, got ${timestamp}`,
      );
    }
    this.timestamp = timestamp;
    this.firstTimestamp ??= this.timestamp;
    this.#payloadLeft = size;
    this.#visitor?.frame(this.timestamp, size);
    if (size === 0) this.starts.push(this.#at);
  }

  /**
   * Whether the bytes before `offset` end on a frame boundary, or between a
   * frame's delta and its size: where peers take the end of a stream for the
   * end of the group.
   */
  isCutAt(offset: number): boolean {
    const frame = this.#frameAt(offset);
    const into = offset - this.starts[frame]!;
    return into === 0 || into === this.#deltaLengths[frame];
  }

  /** How many frames end at `offset` or before. */
  framesBefore(offset: number): number {
    return this.#frameAt(offset);
  }

  #frameAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
