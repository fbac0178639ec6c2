/**
 * One reader's standing request for a track: its own place in the series of
 * groups, and its share in what is asked of whoever publishes it.
 *
 * @module
 */
import type { GroupConsumer, GroupProducer } from "./group.ts";
import type { Track } from "./track.ts";

/** What a subscriber wants; can be changed while it reads. */
export interface Wanted {
  /** 0 to 255, higher is sent first. */
  readonly priority: number;
  /** Age in milliseconds of media time up to which groups behind the newest are wanted; 0 is the live edge. */
  readonly maxAgeMs: number;
  /** Lowest group wanted. */
  readonly startGroup?: number | undefined;
  /** Highest group wanted. */
  readonly endGroup?: number | undefined;
}

/** Whether two wishes ask for the same. */
export function isSameWish(a: Wanted, b: Wanted): boolean {
  return a.priority === b.priority && a.maxAgeMs === b.maxAgeMs &&
    a.startGroup === b.startGroup && a.endGroup === b.endGroup;
}

/** Options of `TrackConsumer.subscribe`. */
export interface SubscribeOptions {
  /** 0 to 255, higher is sent first. Default 0. */
  readonly priority?: number | undefined;
  /** Age in milliseconds of media time up to which groups behind the newest are wanted. Default 0, the live edge. */
  readonly maxAgeMs?: number | undefined;
  /** Lowest group wanted. Default any. */
  readonly startGroup?: number | undefined;
  /** Highest group wanted, inclusive. Default no end. */
  readonly endGroup?: number | undefined;
  /**
   * Which of the groups that are there already come first: `"fresh"` those
   * within `maxAgeMs` of the newest, `"latest"` the newest alone, `"all"` from
   * `startGroup` on. Default `"fresh"`.
   */
  readonly from?: "fresh" | "latest" | "all" | undefined;
  /** Ends the subscription; waits throw its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How many read a track and what they want of it together. */
export interface TrackDemand {
  /** Subscriptions now. */
  readonly subscribers: number;
  /** The combined wish, `undefined` while nobody reads. moq-lite-06, fan-in. */
  readonly wanted: Wanted | undefined;
  /** Resolves when either changes or the track ends; re-check and loop. */
  changed(): Promise<void>;
}

/** A reader of one track; iterate it, or poll `tryNext` first on a hot path. */
export class TrackSubscription implements AsyncIterable<GroupConsumer> {
  readonly #track: Track;
  readonly #signal: AbortSignal | undefined;
  readonly #release: (() => void) | undefined;
  #wanted: Wanted;
  #backlog: GroupProducer[];
  #next: number;
  #nextDatagram: number;
  #closed = false;

  /** Use `TrackConsumer.subscribe`. */
  constructor(track: Track, options: SubscribeOptions) {
    this.#track = track;
    this.#wanted = wantedOf(options);
    this.#signal = options.signal;
    this.#backlog = backlogOf(track, this.#wanted, options.from ?? "fresh");
    this.#next = track.groups.arrivals.end;
    this.#nextDatagram = track.groups.datagrams.end;
    if (options.signal?.aborted) {
      this.#closed = true;
      return;
    }
    this.#release = options.signal && this.#closeOn(options.signal);
    track.join(this);
  }

  #closeOn(signal: AbortSignal): () => void {
    const close = () => this.close();
    signal.addEventListener("abort", close, { once: true });
    return () => signal.removeEventListener("abort", close);
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
    return this.#track.latch.changed();
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
    const { arrivals } = this.#track.groups;
    while (!this.#closed) {
      this.#next = Math.max(this.#next, arrivals.first);
      const group = this.#backlog[0] ?? arrivals.at(this.#next);
      if (!group || this.#isWanted(group)) return group;
      this.#take();
    }
    return undefined;
  }

  #take(): void {
    if (!this.#backlog.shift()) this.#next++;
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
    const { ended, groups } = this.#track;
    return ended !== undefined && this.#backlog.length === 0 &&
      this.#next >= groups.arrivals.end &&
      this.#nextDatagram >= groups.datagrams.end;
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
    this.#unpark(before.endGroup ?? Infinity);
    this.#track.demandLatch.wake();
    this.#track.latch.wake();
  }

  #unpark(oldEnd: number): void {
    const newEnd = this.#wanted.endGroup ?? Infinity;
    const { arrivals } = this.#track.groups;
    for (let number = arrivals.first; number < this.#next; number++) {
      const group = arrivals.at(number);
      if (!group) return;
      const isFreed = group.sequence > oldEnd && group.sequence <= newEnd;
      if (isFreed && !this.#backlog.includes(group)) this.#backlog.push(group);
    }
  }

  /** How many groups the track has had so far; the difference of two calls says how many came. */
  get arrived(): number {
    return this.#track.groups.arrivals.end;
  }

  /** Passes over the groups that wait to be read, but for the newest `keep`, and with `keepsFresh` for those within the maximum age. */
  skipTo(keep: number, { keepsFresh = false } = {}): void {
    const waiting: GroupProducer[] = [];
    for (let group; (group = this.#peek()); this.#take()) waiting.push(group);
    const { maxAgeMs } = this.#wanted;
    const fresh = new Set(
      keepsFresh ? freshOf(waiting, { track: this.#track, maxAgeMs }) : [],
    );
    const first = waiting.length - keep;
    this.#backlog = waiting.filter((group, index) =>
      index >= first || fresh.has(group)
    );
  }

  /** Ends the subscription; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#backlog = [];
    this.#release?.();
    this.#track.leave(this);
    this.#track.latch.wake();
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

function wantedOf(options: SubscribeOptions): Wanted {
  const { priority = 0, maxAgeMs = 0, startGroup, endGroup } = options;
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
    throw new RangeError(
      `Expected a priority from 0 to 255, got ${priority}`,
    );
  }
  if (!(maxAgeMs >= 0)) {
    throw new RangeError(
      `Expected a maximum age from 0 ms on, got ${maxAgeMs}`,
    );
  }
  return { priority, maxAgeMs, startGroup, endGroup };
}

function backlogOf(
  track: Track,
  wanted: Wanted,
  from: "fresh" | "latest" | "all",
): GroupProducer[] {
  const cached = track.cached().filter((group) => !group.log.ended?.error);
  const newest = cached.at(-1);
  if (!newest) return [];
  if (from === "all" && wanted.startGroup !== undefined) {
    return cached;
  }
  if (from !== "fresh") return [newest];
  return freshOf(cached, { track, maxAgeMs: wanted.maxAgeMs });
}

/** Which of `groups`, by ascending sequence, are within `maxAgeMs` of the newest of them. */
function freshOf(
  groups: readonly GroupProducer[],
  { track, maxAgeMs }: { readonly track: Track; readonly maxAgeMs: number },
): GroupProducer[] {
  const newest = groups.at(-1);
  if (!newest) return [];
  if (maxAgeMs === 0) return [newest];
  const timescale = track.knownInfo?.timescale ?? 1000;
  // The newest group may have no frame yet.
  const edge = groups.findLast((group) => group.lastTimestamp !== undefined)
    ?.lastTimestamp ?? 0;
  const oldest = edge - maxAgeMs * timescale / 1000;
  // A group is as old as the first frame of the next one: until then it was the live edge.
  return groups.filter((group, index) =>
    group === newest || (groups[index + 1]?.firstTimestamp ?? edge) >= oldest
  );
}

/** What the subscribers of `track` want together: the most of each. */
export function wantedBy(track: Track): TrackDemand {
  return {
    get subscribers() {
      return track.subscriptions.size;
    },
    get wanted() {
      return combine([...track.subscriptions].map((one) => one.wanted));
    },
    changed: () => track.demandLatch.changed(),
  };
}

function combine(all: readonly Wanted[]): Wanted | undefined {
  if (all.length === 0) return undefined;
  const starts = all.map((one) => one.startGroup);
  const ends = all.map((one) => one.endGroup);
  return {
    priority: Math.max(...all.map((one) => one.priority)),
    maxAgeMs: Math.max(...all.map((one) => one.maxAgeMs)),
    startGroup: starts.includes(undefined)
      ? undefined
      : Math.min(...starts as number[]),
    endGroup: ends.includes(undefined)
      ? undefined
      : Math.max(...ends as number[]),
  };
}
