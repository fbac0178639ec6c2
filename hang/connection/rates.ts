/**
 * Counters as rates, for the numbers of players and publishers.
 *
 * @module
 */

const WINDOW_MS = 2000;

type Counters<Name extends string> = Readonly<Record<Name, number>>;

/** Rates over the last two seconds. */
export class Rates<Name extends string> {
  readonly #samples: { atMs: number; counters: Counters<Name> }[] = [];

  /** Takes `counters` over as they are at `atMs`; a few times a second. */
  sample(atMs: number, counters: Counters<Name>): void {
    this.#samples.push({ atMs, counters });
    while (atMs - this.#samples[0]!.atMs > WINDOW_MS) this.#samples.shift();
  }

  /** The growth of a counter per second; 0 before there are two samples. */
  perSecond(name: Name): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || first === last) return 0;
    const seconds = (last.atMs - first.atMs) / 1000;
    return (last.counters[name] - first.counters[name]) / seconds;
  }
}
