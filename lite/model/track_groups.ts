/**
 * The groups of one track that are there, each sequence once, whichever way it
 * came.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Arrivals } from "./arrivals.ts";
import type { GroupProducer } from "./group.ts";
import { SequenceIndex } from "./sequence_index.ts";

const MAX_ARRIVALS = 16_384;
const MAX_DATAGRAMS = 64;
const MAX_SERVED = 1024;

/** A group and its arrival number. */
export interface Arrival {
  /** The group's sequence. */
  readonly sequence: number;
  /** The group. */
  readonly group: GroupProducer;
  /** Its number among the arrivals. */
  readonly number: number;
}

/** What a track holds. */
export class TrackGroups {
  /** Groups in order of arrival. */
  readonly arrivals: Arrivals = new Arrivals();
  /** The same by sequence. */
  readonly index: SequenceIndex<Arrival> = new SequenceIndex();
  /** Groups that came or go as datagrams, the newest 64: who is slower loses the oldest. */
  readonly datagrams: Arrivals = new Arrivals();
  readonly #present: Map<number, GroupProducer> = new Map();
  // Groups that were whole and are gone: another route may offer them again.
  readonly #served: Set<number> = new Set();
  // Groups from before the source was last stopped: for fetches only, since what comes next may be far ahead of them.
  readonly #past: Map<number, GroupProducer> = new Map();
  #highest = -1;
  #latest: GroupProducer | undefined;
  #pinned: GroupProducer | undefined;
  #released = false;

  /** The highest sequence so far, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** The group with the highest sequence so far, datagrams excepted. */
  get latest(): GroupProducer | undefined {
    return this.#latest?.retired ? undefined : this.#latest;
  }

  /** Whether nothing is cached. */
  get isEmpty(): boolean {
    this.#prune();
    return this.arrivals.size === 0 && this.#past.size === 0;
  }

  /** Groups that can be read now, by ascending sequence; datagrams are not kept for those who come later. */
  cached(): GroupProducer[] {
    return [...this.index]
      .map(({ group }) => group)
      .filter((group) => !group.retired);
  }

  /** The group of this sequence for a fetch, if all of it is here. */
  whole(sequence: number): GroupProducer | undefined {
    const group = this.#present.get(sequence) ?? this.#past.get(sequence);
    const isWhole = group && !group.isDatagram && !group.retired &&
      group.frameStart === 0 && !group.log.ended?.error;
    return isWhole ? group : undefined;
  }

  /** Whether `sequence` is not there yet, or was cut. */
  lacks(sequence: number): boolean {
    const present = this.#present.get(sequence);
    if (present && (present.isWhole || !present.log.ended)) return false;
    this.#prune();
    return !this.#served.has(sequence);
  }

  /** Adds a group whose sequence is lacking. */
  add(group: GroupProducer): void {
    const { sequence } = group;
    this.#highest = Math.max(this.#highest, sequence);
    this.#present.set(sequence, group);
    if (group.isDatagram) return this.#addDatagram(group);
    this.index.add({ sequence, group, number: this.arrivals.end });
    this.arrivals.push(group);
    if (!this.#latest || sequence >= this.#latest.sequence) {
      this.#latest = group;
      this.#pin(this.#released ? undefined : group);
    }
    // Accounts for a group without a byte too, or it would never go. The cache is the group's own: it may be of another origin.
    group.account(0);
  }

  #addDatagram(group: GroupProducer): void {
    this.datagrams.push(group);
    if (this.datagrams.size <= MAX_DATAGRAMS) return;
    const oldest = this.datagrams.shift()!;
    oldest.retire(
      new MoqError(
        "lagged",
        `Expected datagram ${oldest.sequence} to be read before ${MAX_DATAGRAMS} more`,
      ),
    );
    this.#forget(oldest);
  }

  #pin(group: GroupProducer | undefined): void {
    this.#pinned?.unpin();
    this.#pinned = group;
    group?.pin();
  }

  #prune(): void {
    for (const [sequence, group] of this.#past) {
      if (group.retired) this.#past.delete(sequence);
    }
    const { arrivals } = this;
    while (
      arrivals.at(arrivals.first)?.retired || arrivals.size >= MAX_ARRIVALS
    ) {
      const oldest = arrivals.shift()!;
      this.index.remove(oldest.sequence);
      this.#forget(oldest);
    }
  }

  #forget(group: GroupProducer): void {
    const { sequence } = group;
    if (this.#present.get(sequence) === group) this.#present.delete(sequence);
    if (!group.isWhole) return;
    this.#served.add(sequence);
    if (this.#served.size <= MAX_SERVED) return;
    const [oldest] = this.#served;
    this.#served.delete(oldest!);
  }

  /** The newest group may go like the others. */
  release(): void {
    this.#released = true;
    this.#pin(undefined);
  }

  /** What is here is of use for fetches alone: what comes next may begin anywhere. */
  setAside(): void {
    this.#pin(undefined);
    this.#latest = undefined;
    for (const [sequence, group] of this.#present) {
      if (!group.isDatagram) this.#past.set(sequence, group);
    }
    this.#present.clear();
    this.#served.clear();
    this.arrivals.clear();
    this.index.clear();
    this.datagrams.clear();
  }
}
