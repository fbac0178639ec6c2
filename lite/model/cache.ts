/**
 * Limits the bytes of all groups of an origin. Groups that are not the newest of
 * a track are evicted first, least recently used first. When the newest groups
 * alone exceed the limit, the publisher with the most bytes loses its oldest one.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, systemClock } from "../time.ts";
import { type Cached, CacheShare } from "./cache_share.ts";

/** Options of {@linkcode Cache}. */
export interface CacheOptions {
  /** Limit of all groups in bytes; only a single group may exceed it. Default 512 MiB. */
  readonly capacityBytes?: number | undefined;
  /** Longest time that a group is kept after its last use if it is not the newest, in milliseconds. Publishers cannot exceed it. Default 30 s. */
  readonly maxAgeMs?: number | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** The overhead of a cached group. */
const GROUP_OVERHEAD_BYTES = 256;
const SWEEP_INTERVAL_MS = 1000;

/** A publisher with more than this share of the limit loses its own groups before others lose theirs. */
const LARGE_SHARE = 1 / 2;

// Several tracks may pin the same group: the publisher's, and one for each set of readers.
interface Held {
  pins: number;
  bytes: number;
}

/** Counts the bytes of its groups and evicts groups over the limit. */
export class Cache {
  /** The clock of the whole model. */
  readonly clock: Clock;
  /** The share of groups that have no other. */
  readonly ownShare: CacheShare = new CacheShare("this program");
  /** The limit of every track's retention, in milliseconds. */
  readonly maxAgeMs: number;
  readonly #capacityBytes: number;
  readonly #held: Map<Cached, Held> = new Map();
  // Groups that may be evicted, in order of last use.
  readonly #loose: Set<Cached> = new Set();
  readonly #shares: Set<CacheShare> = new Set();
  #bytes = 0;
  #sweptMs = -Infinity;

  /** An empty cache. */
  constructor(options: CacheOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.maxAgeMs = options.maxAgeMs ?? 30_000;
    this.#capacityBytes = options.capacityBytes ?? 512 * 1024 * 1024;
  }

  /** Bytes held by live groups now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Groups held now. */
  get groups(): number {
    return this.#held.size;
  }

  /** Marks `group` as the newest of a track: it is kept until as many calls of {@linkcode Cache.unpin}, while the newest groups fit into the limit. */
  pin(group: Cached): void {
    if (group.retired) return;
    const held = this.#hold(group);
    if (held.pins++ === 0) {
      this.#loose.delete(group);
      group.share.loose.delete(group);
      group.share.pinned.add(group);
    }
    const now = this.clock.now();
    if (now - this.#sweptMs >= SWEEP_INTERVAL_MS) this.sweep();
  }

  /** Undoes one {@linkcode Cache.pin}; an unpinned group may expire and be evicted. */
  unpin(group: Cached): void {
    const held = this.#held.get(group);
    if (!held || held.pins === 0 || --held.pins > 0) return;
    group.share.pinned.delete(group);
    this.#loosen(group);
  }

  #loosen(group: Cached): void {
    this.#loose.add(group);
    group.share.loose.add(group);
  }

  /** The entry of `group`; a new one starts with a group's overhead. */
  #hold(group: Cached): Held {
    const present = this.#held.get(group);
    if (present) return present;
    const held = { pins: 0, bytes: GROUP_OVERHEAD_BYTES };
    this.#held.set(group, held);
    this.#loosen(group);
    this.#shares.add(group.share);
    group.share.bytes += held.bytes;
    this.#bytes += held.bytes;
    return held;
  }

  /** Removes expired groups; called automatically while groups arrive. */
  sweep(): void {
    const now = this.clock.now();
    this.#sweptMs = now;
    for (const group of this.#loose) {
      if (group.expiresMs > now) continue;
      group.retire(
        new MoqError(
          "expired",
          `Group ${group.sequence} expired in the cache`,
        ),
      );
    }
  }

  /** Counts `bytes` more for `group`, and evicts groups over the limit. */
  grew(group: Cached, bytes: number): void {
    if (group.retired) return;
    const { share } = group;
    const held = this.#hold(group);
    held.bytes += bytes;
    share.bytes += bytes;
    this.#bytes += bytes;
    if (held.pins === 0) this.used(group);
    while (this.#bytes > this.#capacityBytes && this.#evict(share));
  }

  /** Marks `group` as most recently used. */
  used(group: Cached): void {
    if (!this.#loose.delete(group)) return;
    group.share.loose.delete(group);
    this.#loosen(group);
  }

  /** Removes `group` from the counts. */
  released(group: Cached): void {
    const { share } = group;
    const held = this.#held.get(group);
    if (!held) return;
    this.#held.delete(group);
    this.#loose.delete(group);
    share.loose.delete(group);
    share.pinned.delete(group);
    share.bytes -= held.bytes;
    this.#bytes -= held.bytes;
    if (share.bytes === 0) this.#shares.delete(share);
  }

  /** Evicts one group because `growing` needs room; `false` if there is none to evict. */
  #evict(growing: CacheShare): boolean {
    const isLarge = growing.bytes > this.#capacityBytes * LARGE_SHARE;
    const [own] = isLarge ? growing.loose : [];
    if (own) return this.#retire(own);
    if (isLarge && growing.pinned.size > 1) return this.#lose(growing);
    const [oldest] = this.#loose;
    return oldest ? this.#retire(oldest) : this.#lose(this.#largest());
  }

  #retire(group: Cached): boolean {
    group.retire(
      new MoqError(
        "evicted",
        `Group ${group.sequence} evicted: the cache is over ${this.#capacityBytes} bytes`,
      ),
    );
    return true;
  }

  /** Evicts a newest group of `share`, unless it is the only group in the cache. */
  #lose(share: CacheShare | undefined): boolean {
    const group = share && this.#oldestPinned(share);
    if (!group || this.#held.size === 1) return false;
    share.lose(
      group,
      new MoqError(
        "evicted",
        `Group ${group.sequence} evicted: the newest groups exceed the cache of ${this.#capacityBytes} bytes, and ${share.owner} holds ${share.bytes} of them`,
      ),
    );
    return true;
  }

  /** The oldest pinned group of at least average size: evicting a small one, such as a catalog, frees little. */
  #oldestPinned({ pinned }: CacheShare): Cached | undefined {
    const bytesOf = (group: Cached) => this.#held.get(group)?.bytes ?? 0;
    let sum = 0;
    for (const group of pinned) sum += bytesOf(group);
    for (const group of pinned) {
      if (bytesOf(group) * pinned.size >= sum) return group;
    }
    return undefined;
  }

  #largest(): CacheShare | undefined {
    let largest: CacheShare | undefined;
    for (const share of this.#shares) {
      if (share.bytes > (largest?.bytes ?? 0)) largest = share;
    }
    return largest;
  }
}
