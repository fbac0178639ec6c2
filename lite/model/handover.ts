/**
 * Groups in flight when a track switches to a better route: the old route
 * finishes them; if it fails, the same groups of the new route replace them.
 * moq-lite-06 as released, fail-over.
 *
 * @module
 */
import { deadline } from "../time.ts";
import type { GroupProducer } from "./group.ts";
import type { TrackSubscription } from "./subscription.ts";
import type { Track } from "./track.ts";

/** How long the old route may take to finish its groups. */
const FINISH_MS = 5000;
/** How long to wait until its unfinished groups are cut. */
const CUT_MS = 1000;

/** The groups that one track has in flight on old routes. */
export class Handover {
  readonly #track: Track;
  readonly #over = new AbortController();
  readonly #finishing: Set<Promise<void>> = new Set();
  // By sequence: copies from the new route, while the first ones are in flight.
  readonly #spares: Map<number, GroupProducer | undefined> = new Map();

  /** Inserts groups into `track`. */
  constructor(track: Track) {
    this.#track = track;
  }

  /** Adds a group of the current route; one that is in flight on an old route is kept until that ends. */
  insert(group: GroupProducer): void {
    if (this.#track.insert(group)) return;
    const { sequence } = group;
    if (this.#spares.has(sequence)) this.#spares.set(sequence, group);
  }

  /** Closes `subscription` once `groups` have ended; `groups` may be empty. */
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

  /** Resolves when nothing is in flight on old routes. */
  async settled(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  /** Stops waiting: the track has no readers left. */
  close(): void {
    this.#over.abort();
  }
}
