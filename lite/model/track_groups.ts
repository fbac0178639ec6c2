/**
 * The current groups of one track, each sequence once, over all routes.
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
  /** Its number in the order of arrival. */
  readonly number: number;
}

/** The groups of a track. */
export class TrackGroups {
  /** Groups in order of arrival. */
  readonly arrivals: Arrivals = new Arrivals();
  /** The same by sequence. */
  readonly index: SequenceIndex<Arrival> = new SequenceIndex();
  /** Datagram groups, the newest 64: slower readers lose the oldest. */
  readonly datagrams: Arrivals = new Arrivals();
  readonly #present: Map<number, GroupProducer> = new Map();
  // Whole groups that were evicted: another route may offer them again.
  readonly #served: Set<number> = new Set();
  // Groups from before the source was last stopped: only for fetches, since the next groups may be far ahead.
  readonly #past: Map<number, GroupProducer> = new Map();
  #highest = -1;
  #latest: GroupProducer | undefined;
  #pinned: GroupProducer | undefined;
  #released = false;

  /** The highest sequence so far, -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** The group with the highest sequence so far, except datagrams. */
  get latest(): GroupProducer | undefined {
    return this.#latest?.retired ? undefined : this.#latest;
  }

  /** Whether nothing is cached. */
  get isEmpty(): boolean {
    this.#prune();
    return this.arrivals.size === 0 && this.#past.size === 0;
  }

  /** Groups that can be read now, by ascending sequence; without datagrams, which are not kept. */
  cached(): GroupProducer[] {
    return [...this.index]
      .map(({ group }) => group)
      .filter((group) => !group.retired);
  }

  /** The group with this sequence for a fetch, if it is complete from its first frame. */
  whole(sequence: number): GroupProducer | undefined {
    const group = this.#present.get(sequence) ?? this.#past.get(sequence);
    const isWhole = group && !group.isDatagram && !group.retired &&
      group.frameStart === 0 && !group.log.ended?.error;
    return isWhole ? group : undefined;
  }

  /** Whether `sequence` has not arrived, or was cut. */
  lacks(sequence: number): boolean {
    const present = this.#present.get(sequence);
    if (present && (present.isWhole || !present.log.ended)) return false;
    this.#prune();
    return !this.#served.has(sequence);
  }

  /** Adds a group that {@linkcode TrackGroups.lacks} allows. */
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
    // Also counts an empty group, or it would never expire. The group's own cache may belong to another origin.
    group.account(0);
  }

  #addDatagram(group: GroupProducer): void {
    this.datagrams.push(group);
    if (this.datagrams.size <= MAX_DATAGRAMS) return;
    const oldest = this.datagrams.shift()!;
    oldest.retire(
      new MoqError(
        "lagged",
        `Datagram ${oldest.sequence} dropped: ${MAX_DATAGRAMS} newer ones arrived`,
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

  /** Unpins the newest group, now and in the future. */
  release(): void {
    this.#released = true;
    this.#pin(undefined);
  }

  /** Keeps the current groups only for fetches: the next group may have any sequence. */
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
