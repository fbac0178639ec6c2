/**
 * Append-only bytes with many readers: one copy in, zero copies out. A reader
 * is an integer.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import { Latch } from "../latch.ts";

const FIRST_SLAB_BYTES = 512;
const MAX_SLAB_BYTES = 64 * 1024;
/** A chunk that does not fit goes whole to a new slab if that wastes less than this share of the old one. */
const MOST_UNUSED = 1 / 4;

/** How a log ended: with `error` if it is incomplete. */
export interface LogEnd {
  /** Why it ended early. */
  readonly error?: MoqError | undefined;
}

/** Bytes in slabs of 512 B to 64 KiB that never move; views stay valid. */
export class ByteLog {
  readonly #slabs: Uint8Array<ArrayBuffer>[] = [];
  readonly #starts: number[] = [];
  readonly #latch = new Latch();
  #length = 0;
  #used = 0;
  #room = 0;
  // The run asked for last: readers that keep up all ask for the same one.
  #run: Uint8Array<ArrayBuffer> | undefined;
  #runStart = 0;
  #ended: LogEnd | undefined;

  /** In bytes, so far. */
  get length(): number {
    return this.#length;
  }

  /** Set once nothing more will come. */
  get ended(): LogEnd | undefined {
    return this.#ended;
  }

  /** Copies `chunk` to the end and wakes the readers; ignored after the end. */
  append(chunk: Uint8Array): void {
    if (this.#ended || chunk.byteLength === 0) return;
    for (let from = 0; from < chunk.byteLength;) {
      const left = chunk.byteLength - from;
      if (this.#isTooFull(left)) this.#grow(left);
      const slab = this.#slabs.at(-1)!;
      const take = Math.min(this.#room, left);
      slab.set(chunk.subarray(from, from + take), this.#used);
      this.#used += take;
      this.#room -= take;
      this.#length += take;
      from += take;
    }
    this.#run = undefined;
    this.#latch.wake();
  }

  // A chunk in two pieces costs every reader one more write.
  #isTooFull(wanted: number): boolean {
    if (this.#room === 0) return true;
    const size = this.#used + this.#room;
    return wanted > this.#room && this.#room <= size * MOST_UNUSED;
  }

  #grow(wanted: number): void {
    const last = this.#slabs.at(-1)?.byteLength ?? FIRST_SLAB_BYTES / 2;
    let size = Math.min(last * 2, MAX_SLAB_BYTES);
    while (size < wanted && size < MAX_SLAB_BYTES) size *= 2;
    this.#slabs.push(new Uint8Array(size));
    this.#starts.push(this.#length);
    this.#used = 0;
    this.#room = size;
  }

  /** Everything contiguous from `offset`, as a view, or `undefined` if there is none yet. */
  view(offset: number): Uint8Array<ArrayBuffer> | undefined {
    if (offset >= this.#length || this.#slabs.length === 0) return undefined;
    if (this.#run && this.#runStart === offset) return this.#run;
    let index = this.#slabs.length - 1;
    while (this.#starts[index]! > offset) index--;
    const start = this.#starts[index]!;
    const end = this.#starts[index + 1] ?? this.#length;
    this.#runStart = offset;
    this.#run = this.#slabs[index]!.subarray(offset - start, end - start);
    return this.#run;
  }

  /** The bytes from `start` to `end`: a view where they are contiguous, else a copy. Throws `RangeError` beyond the end of the log. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    const first = this.view(start);
    if (first && first.byteLength >= end - start) {
      return first.subarray(0, end - start);
    }
    const there = this.#slabs.length === 0 ? 0 : this.#length;
    if (end > there) {
      throw new RangeError(
        `Cannot read up to byte ${end} of a log of ${there} bytes`,
      );
    }
    const copy = new Uint8Array(end - start);
    for (let at = start; at < end;) {
      const run = this.view(at)!;
      const take = Math.min(run.byteLength, end - at);
      copy.set(run.subarray(0, take), at - start);
      at += take;
    }
    return copy;
  }

  /** Ends the log, with `error` if it is incomplete; the first call counts. */
  close(error?: MoqError): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#latch.wake();
  }

  /** Ends the log with `error` and frees its bytes, even if it was complete. Views handed out stay valid. */
  discard(error: MoqError): void {
    this.#ended = { error };
    this.#slabs.length = 0;
    this.#starts.length = 0;
    this.#run = undefined;
    this.#latch.wake();
  }

  /** Resolves at the next append or close; shared by all waiters, who re-check and loop. */
  changed(): Promise<void> {
    return this.#latch.changed();
  }

  /** Makes an abort wake the waiters too; the returned function undoes that. */
  wakeOn(signal: AbortSignal): () => void {
    return this.#latch.wakeOn(signal);
  }
}
