/**
 * One reader's standing request for a track: its own place in the series of
 * groups, and its share in what is asked of whoever publishes it.
 *
 * @module
 */
import { Latch } from "../latch.ts";
import { onAbort } from "../signal.ts";
import type { GroupConsumer, GroupProducer } from "./group.ts";
import { PastGroups, ticksOf } from "./past_groups.ts";
import { SequenceIndex } from "./sequence_index.ts";
import {
  isSameDemand,
  type SubscribeOptions,
  type TrackReader,
  type Wanted,
  wantedOf,
} from "./demand.ts";
import type { Subscribable } from "./subscribable.ts";

/** Most groups above the end that wait for it to be raised; the lowest are dropped first. */
const MAX_HELD = 2048;

/** Options of {@linkcode TrackSubscription.skipTo}. */
export interface SkipOptions {
  /** Whether groups within the maximum age are kept too. Default false. */
  readonly keepsFresh?: boolean | undefined;
}

/** Emitted types leave out members with computed names, so this declares the iterator. */
export interface TrackSubscription extends AsyncIterable<GroupConsumer> {}

/** A reader of one track; iterate it, or poll `tryNext` first on a hot path. */
export class TrackSubscription implements TrackReader {
  readonly #track: Subscribable;
  readonly #signal: AbortSignal | undefined;
  readonly #release: (() => void) | undefined;
  readonly #latch = new Latch();
  readonly #past: PastGroups;
  readonly #held: SequenceIndex<GroupProducer> = new SequenceIndex();
  #wanted: Wanted;
  #next: number;
  #nextDatagram: number;
  #closed = false;

  /** Use `TrackConsumer.subscribe`. */
  constructor(track: Subscribable, options: SubscribeOptions) {
    this.#track = track;
    this.#wanted = wantedOf(options);
    this.#signal = options.signal;
    this.#past = new PastGroups(track, {
      maxAgeMs: this.#wanted.maxAgeMs,
      startGroup: this.#wanted.startGroup,
      from: options.from ?? "fresh",
    });
    this.#next = track.groups.arrivals.end;
    this.#nextDatagram = track.groups.datagrams.end;
    if (options.signal?.aborted) {
      this.#closed = true;
      return;
    }
    this.#release = onAbort(options.signal, () => this.close());
    track.join(this);
  }

  /** What this subscriber wants now. */
  get wanted(): Wanted {
    return this.#wanted;
  }

  /** The exclusive end of the track's sequence, once it is known. */
  get final(): number | undefined {
    return this.#track.final;
  }

  /** Resolves when there may be something new for `tryNext` or `final`. */
  changed(): Promise<void> {
    return this.#latch.changed();
  }

  /** Lets an abort wake the waiters too; returns the function that undoes it. */
  wakeOn(signal: AbortSignal): () => void {
    return this.#latch.wakeOn(signal);
  }

  /** Called by the track when there is something new. */
  wake(): void {
    this.#latch.wake();
  }

  /**
   * The next group in order of arrival, datagrams among them by sequence;
   * `undefined` while there is none. Throws the `MoqError` of a failed track
   * once its groups are read.
   */
  tryNext(): GroupConsumer | undefined {
    const group = this.#peek();
    const datagram = this.#peekDatagram();
    const isDatagramFirst = datagram &&
      datagram.sequence < (group?.sequence ?? Infinity);
    return isDatagramFirst ? this.tryNextDatagram() : this.tryNextGroup();
  }

  /** As {@linkcode TrackSubscription.tryNext}, without datagrams. */
  tryNextGroup(): GroupConsumer | undefined {
    const group = this.#peek();
    if (group) {
      this.#take();
      return group.consume();
    }
    const error = this.#track.ended?.error;
    if (error && !this.#closed) throw error;
    return undefined;
  }

  /** The next group that may travel as a datagram, `undefined` while there is none. */
  tryNextDatagram(): GroupConsumer | undefined {
    const group = this.#peekDatagram();
    if (group) this.#nextDatagram++;
    return group?.consume();
  }

  /** The group to come next, past those that are gone or not wanted. */
  #peek(): GroupProducer | undefined {
    if (this.#closed) return undefined;
    return this.#past.peek(this.#wanted) ?? this.#peekHeld() ??
      this.#peekArrival();
  }

  /** The lowest group that waited for the end to be raised and is now wanted. */
  #peekHeld(): GroupProducer | undefined {
    const { startGroup = 0, endGroup = Infinity } = this.#wanted;
    for (;;) {
      const group = this.#held.at(0);
      if (!group || group.sequence > endGroup) return undefined;
      if (!group.retired && group.sequence >= startGroup) return group;
      this.#held.remove(group.sequence);
    }
  }

  #peekArrival(): GroupProducer | undefined {
    const { arrivals } = this.#track.groups;
    this.#next = Math.max(this.#next, arrivals.first);
    for (;;) {
      const group = arrivals.at(this.#next);
      if (!group || this.#isWanted(group)) return group;
      this.#next++;
      this.#hold(group);
    }
  }

  /** Keeps a group above the end for later. */
  #hold(group: GroupProducer): void {
    const { endGroup = Infinity } = this.#wanted;
    if (group.retired || group.sequence <= endGroup) return;
    this.#held.add(group);
    if (this.#held.size <= MAX_HELD) return;
    this.#held.filter(({ retired }) => !retired);
    const lowest = this.#held.at(this.#held.size - MAX_HELD / 2);
    if (this.#held.size <= MAX_HELD || !lowest) return;
    this.#held.filter(({ sequence }) => sequence >= lowest.sequence);
  }

  #take(): void {
    if (this.#past.peek(this.#wanted)) return this.#past.take();
    const held = this.#peekHeld();
    if (held) this.#held.remove(held.sequence);
    else this.#next++;
  }

  #peekDatagram(): GroupProducer | undefined {
    const { datagrams } = this.#track.groups;
    while (!this.#closed) {
      this.#nextDatagram = Math.max(this.#nextDatagram, datagrams.first);
      const group = datagrams.at(this.#nextDatagram);
      if (!group || this.#isWanted(group)) return group;
      this.#nextDatagram++;
    }
    return undefined;
  }

  #isWanted({ sequence, retired }: GroupProducer): boolean {
    const { startGroup, endGroup } = this.#wanted;
    return !retired && sequence >= (startGroup ?? 0) &&
      sequence <= (endGroup ?? Infinity);
  }

  /** Whether {@linkcode TrackSubscription.close} was called. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether nothing more will come: the track is complete and read, or the subscription closed. */
  get isDone(): boolean {
    if (this.#closed) return true;
    return this.#track.ended !== undefined && !this.#peek() &&
      !this.#peekDatagram();
  }

  /** Waits for the next group; `undefined` at the end. Throws the `MoqError` of a failed track, or `signal.reason`. */
  async next(): Promise<GroupConsumer | undefined> {
    for (;;) {
      this.#signal?.throwIfAborted();
      const group = this.tryNext();
      if (group) return group;
      if (this.isDone) return undefined;
      await this.changed();
    }
  }

  /** Changes what is wanted; fields left out stay. A higher `endGroup` brings the groups that were held back. */
  update(
    changes: Omit<SubscribeOptions, "from" | "signal">,
  ): void {
    const before = this.#wanted;
    this.#wanted = wantedOf({ ...before, ...changes });
    if (!isSameDemand(before, this.#wanted)) this.#track.demandLatch.wake();
    this.#latch.wake();
  }

  /** How many groups the track has had so far; the difference of two calls says how many came. */
  get arrived(): number {
    return this.#track.groups.arrivals.end;
  }

  /** Passes over the groups that wait to be read, but for the newest `keep`, and with `keepsFresh` for those within the maximum age. */
  skipTo(
    keep: number,
    { keepsFresh = false }: SkipOptions = {},
  ): void {
    const kept: Set<GroupProducer> = new Set();
    for (const group of this.#newestFirst()) {
      if (kept.size === keep) break;
      kept.add(group);
    }
    const oldest = keepsFresh ? this.#oldestFresh() : Infinity;
    while (!this.#closed) {
      const waiting = this.#waiting();
      const head = waiting.next().value;
      if (!head || kept.has(head)) return;
      // As old as the first frame of the next one: until then it was the live edge.
      const age = waiting.next().value?.firstTimestamp ?? Infinity;
      if (keepsFresh && age >= oldest) return;
      this.#take();
    }
  }

  /** The oldest timestamp within the maximum age. */
  #oldestFresh(): number {
    for (const { lastTimestamp } of this.#newestFirst()) {
      if (lastTimestamp === undefined) continue;
      return lastTimestamp - ticksOf(this.#track, this.#wanted.maxAgeMs);
    }
    return -Infinity;
  }

  /** The groups that can be read now, in reading order. */
  *#waiting(): Generator<GroupProducer, undefined> {
    const { endGroup = Infinity } = this.#wanted;
    yield* this.#past.waiting(this.#wanted);
    for (const group of this.#held) {
      if (group.sequence > endGroup) break;
      if (this.#isWanted(group)) yield group;
    }
    const { arrivals } = this.#track.groups;
    for (let number = Math.max(this.#next, arrivals.first);; number++) {
      const group = arrivals.at(number);
      if (!group) return;
      if (this.#isWanted(group)) yield group;
    }
  }

  /** The same groups, newest arrivals first. */
  *#newestFirst(): Generator<GroupProducer, undefined> {
    const { arrivals } = this.#track.groups;
    for (let number = arrivals.end - 1; number >= this.#next; number--) {
      const group = arrivals.at(number);
      if (group && this.#isWanted(group)) yield group;
    }
    const { endGroup = Infinity } = this.#wanted;
    let place = this.#held.placeOf(endGroup + 1) - 1;
    for (let group; (group = this.#held.at(place)); place--) {
      if (this.#isWanted(group)) yield group;
    }
    yield* this.#past.newestFirst(this.#wanted);
  }

  /** Ends the subscription; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#held.clear();
    this.#release?.();
    this.#track.leave(this);
    this.#latch.wake();
  }

  /** The groups in order of arrival; leaving the loop closes the subscription. */
  async *[Symbol.asyncIterator](): AsyncGenerator<GroupConsumer, void> {
    try {
      for (;;) {
        const group = await this.next();
        if (!group) return;
        yield group;
      }
    } finally {
      this.close();
    }
  }
}
