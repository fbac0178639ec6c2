/**
 * Groups in flight when a track changes over to a better route: the route that
 * is left finishes them, and where it cannot, the same group of the new one
 * takes their place. moq-lite-06 as released, fail-over.
 *
 * @module
 */
import { deadline } from "../time.ts";
import type { GroupProducer } from "./group.ts";
import type { TrackSubscription } from "./subscription.ts";
import type { Track } from "./track.ts";

/** How long a route that was left may take to finish what it has begun. */
const FINISH_MS = 5000;
/** How long it takes at most until what it did not finish is known to be cut. */
const CUT_MS = 1000;

/** What one track has in flight on routes that were left. */
export class Handover {
  readonly #track: Track;
  readonly #over = new AbortController();
  readonly #finishing: Set<Promise<void>> = new Set();
  // By sequence: what comes again, while the first of the same is in flight.
  readonly #spares: Map<number, GroupProducer | undefined> = new Map();

  /** Of `track`. */
  constructor(track: Track) {
    this.#track = track;
  }

  /** Adds a group of the route in use; one that is in flight on another is kept until that has ended. */
  insert(group: GroupProducer): void {
    if (this.#track.insert(group)) return;
    const { sequence } = group;
    if (this.#spares.has(sequence)) this.#spares.set(sequence, group);
  }

  /** Lets `subscription` go on until `groups` have ended, and then closes it; `groups` may be empty. */
  leave(
    subscription: TrackSubscription,
    groups: readonly GroupProducer[],
  ): void {
    const flying = groups.filter((group) => !group.log.ended);
    if (flying.length === 0 || this.#over.signal.aborted) {
      return subscription.close();
    }
    const finishing = this.#finish(subscription, flying).finally(() =>
      this.#finishing.delete(finishing)
    );
    this.#finishing.add(finishing);
  }

  async #finish(
    subscription: TrackSubscription,
    groups: readonly GroupProducer[],
  ): Promise<void> {
    const sequences = groups.map(({ sequence }) => sequence);
    for (const sequence of sequences) this.#spares.set(sequence, undefined);
    subscription.update({ endGroup: Math.max(...sequences) });
    await this.#ended(groups, FINISH_MS);
    subscription.close();
    await this.#ended(groups, CUT_MS);
    for (const sequence of sequences) {
      const spare = this.#spares.get(sequence);
      this.#spares.delete(sequence);
      if (spare) this.#track.insert(spare);
    }
  }

  /** Waits for the end of all `groups`, at most `ms`. */
  async #ended(groups: readonly GroupProducer[], ms: number): Promise<void> {
    const patience = deadline(this.#track.cache.clock, ms, this.#over.signal);
    for (const { log } of groups) {
      const release = log.wakeOn(patience.signal);
      while (!log.ended && !patience.signal.aborted) await log.changed();
      release();
    }
    patience.clear();
  }

  /** Resolves when nothing is in flight on a route that was left. */
  async settled(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  /** Nobody reads the track any more. */
  close(): void {
    this.#over.abort();
  }
}
