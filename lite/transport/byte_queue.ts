/**
 * Queues bytes from a connection for a reader, in few and full buffers even if
 * they arrive in small pieces: a peer that sends single bytes cannot use more
 * memory than its credit.
 *
 * @module
 */
const FIRST_SLAB_BYTES = 512;
const MAX_SLAB_BYTES = 16 * 1024;

interface Slab {
  readonly bytes: Uint8Array<ArrayBuffer>;
  from: number;
  to: number;
}

/** First in, first out: `push` copies in, `take` copies out. */
export class ByteQueue {
  readonly #slabs: Slab[] = [];
  #length = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Copies `bytes` to the end. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const slab = this.#room(bytes.byteLength - at);
      const take = Math.min(
        slab.bytes.byteLength - slab.to,
        bytes.byteLength - at,
      );
      slab.bytes.set(bytes.subarray(at, at + take), slab.to);
      slab.to += take;
      at += take;
    }
    this.#length += bytes.byteLength;
  }

  #room(wanted: number): Slab {
    const last = this.#slabs.at(-1);
    if (last && last.to < last.bytes.byteLength) return last;
    let size = last ? last.bytes.byteLength * 2 : FIRST_SLAB_BYTES;
    while (size < wanted) size *= 2;
    const bytes = new Uint8Array(Math.min(size, MAX_SLAB_BYTES));
    const slab = { bytes, from: 0, to: 0 };
    this.#slabs.push(slab);
    return slab;
  }

  /** Moves as much as fits from the front to the start of `into`; returns how much. */
  take(into: Uint8Array): number {
    let taken = 0;
    while (taken < into.byteLength) {
      const slab = this.#slabs[0];
      if (!slab) break;
      const run = slab.bytes.subarray(
        slab.from,
        Math.min(slab.to, slab.from + into.byteLength - taken),
      );
      into.set(run, taken);
      taken += run.byteLength;
      slab.from += run.byteLength;
      if (slab.from === slab.to) this.#slabs.shift();
    }
    this.#length -= taken;
    return taken;
  }

  /** Drops everything; returns the number of dropped bytes. */
  clear(): number {
    const dropped = this.#length;
    this.#slabs.length = 0;
    this.#length = 0;
    return dropped;
  }
}
