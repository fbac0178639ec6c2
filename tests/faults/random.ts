/**
 * Random numbers that are repeatable by seed, for tests that print their seed when
 * they fail.
 *
 * @module
 */

/** A sequence of random choices: mulberry32. */
export class Random {
  #state: number;

  /** The sequence of `seed`. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number from 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of `list`. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Random bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** Calls `run` for the seeds 1 to `count`; a failure names its seed. */
export async function withSeeds(
  count: number,
  run: (random: Random, seed: number) => Promise<void>,
): Promise<void> {
  for (let seed = 1; seed <= count; seed++) {
    try {
      await run(new Random(seed), seed);
    } catch (error) {
      throw new Error(`Seed ${seed} fails: ${error}`, { cause: error });
    }
  }
}
