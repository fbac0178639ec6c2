/**
 * Sound by position: the writer puts samples where their time is, the reader
 * asks for the position that is due. Over a SharedArrayBuffer the two may be in
 * different threads.
 *
 * @module
 */

/** Where the parts of a shared ring are. */
export interface AudioRingOptions {
  /** Channels, 1 or more. */
  readonly channels: number;
  /** Samples per channel that it holds; a power of two. */
  readonly capacity: number;
  /** Memory to use, of `AudioRing.bytesFor` bytes, zeroed or in use already. Default one of its own. */
  readonly memory?: ArrayBuffer | SharedArrayBuffer | undefined;
}

/**
 * One writer, one reader. Positions count samples and may go beyond 32 bits. The class is sent to the worklet
 * as text, so it must not use anything from outside of itself.
 */
export class AudioRing {
  readonly #capacity: number;
  // The position behind the newest sample, modulo 2^32.
  readonly #end: Int32Array;
  readonly #planes: Float32Array[] = [];

  /** Over memory that is there already, or its own. */
  constructor({ channels, capacity, memory }: AudioRingOptions) {
    const bytes = memory ?? new ArrayBuffer(8 + channels * capacity * 4);
    this.#capacity = capacity;
    this.#end = new Int32Array(bytes, 0, 1);
    for (let channel = 0; channel < channels; channel++) {
      const start = 8 + channel * capacity * 4;
      this.#planes.push(new Float32Array(bytes, start, capacity));
    }
  }

  /** Bytes of memory that a ring needs. */
  static bytesFor(channels: number, capacity: number): number {
    return 8 + channels * capacity * 4;
  }

  /** Samples that are there from `position` on, negative when the newest is before it. */
  available(position: number): number {
    return (Atomics.load(this.#end, 0) - Math.floor(position)) | 0;
  }

  /** Puts samples, one plane per channel, at `position`; what was left out before them is silence. */
  write(position: number, planes: readonly Float32Array[]): void {
    const length = planes[0]?.length ?? 0;
    const gap = -this.available(position);
    const isApart = gap > this.#capacity || gap < -this.#capacity;
    for (const [channel, plane] of this.#planes.entries()) {
      if (isApart) plane.fill(0);
      else for (let i = -gap; i < 0; i++) plane[this.#index(position + i)] = 0;
      const samples = planes[channel];
      for (let i = 0; i < length; i++) {
        plane[this.#index(position + i)] = samples?.[i] ?? 0;
      }
    }
    const end = (position + length) | 0;
    // Late samples fill a hole; they do not take the newer ones away.
    if (isApart || this.available(position + length) < 0) {
      Atomics.store(this.#end, 0, end);
    }
  }

  /** Fills `into` from `position` in steps of about 1; what is not there is silence. Returns how many samples were missing. */
  read(
    position: number,
    into: readonly Float32Array[],
    step: number,
  ): number {
    const length = into[0]?.length ?? 0;
    const end = Math.min(length, Math.floor(this.available(position) / step));
    const isExact = step === 1 && Number.isInteger(position);
    for (const [channel, samples] of into.entries()) {
      const plane = this.#planes[Math.min(channel, this.#planes.length - 1)]!;
      for (let i = 0; i < end; i++) {
        const at = position + i * step;
        const floor = Math.floor(at);
        const one = plane[this.#index(floor)]!;
        if (isExact) samples[i] = one;
        else {
          const next = plane[this.#index(floor + 1)]!;
          samples[i] = one + (next - one) * (at - floor);
        }
      }
      samples.fill(0, Math.max(0, end));
    }
    return length - Math.max(0, end);
  }

  #index(position: number): number {
    return position & (this.#capacity - 1);
  }
}
