/**
 * One byte budget for all groups of an origin. The newest group of a track is
 * always kept; of the others the least recently used goes first.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { type Clock, systemClock } from "../time.ts";
import type { GroupProducer } from "./group.ts";

/** Options of {@linkcode Cache}. */
export interface CacheOptions {
  /** Bytes of groups to keep at most, newest groups excepted. Default 512 MiB. */
  readonly capacityBytes?: number | undefined;
  /** Longest a group that is not the newest is kept, in milliseconds, whatever its publisher asks. Default 30 s. */
  readonly maxAgeMs?: number | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
}

/** What a cached group costs besides its bytes. */
const GROUP_OVERHEAD_BYTES = 256;
const SWEEP_INTERVAL_MS = 1000;

/** Accounts for the bytes of all groups made with it and lets go of groups over budget. */
export class Cache {
  /** Time, as everything in the model sees it. */
  readonly clock: Clock;
  /** The ceiling on every track's retention, in milliseconds. */
  readonly maxAgeMs: number;
  readonly #capacityBytes: number;
  // In order of last use; a group that may not go now is skipped.
  readonly #groups: Map<GroupProducer, number> = new Map();
  readonly #pinned: Set<GroupProducer> = new Set();
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
    return this.#groups.size;
  }

  /** `group` is the newest of its track and stays until {@linkcode Cache.unpin}. */
  pin(group: GroupProducer): void {
    this.#pinned.add(group);
    const now = this.clock.now();
    if (now - this.#sweptMs >= SWEEP_INTERVAL_MS) this.sweep();
  }

  /** `group` is no longer the newest, or its track is gone: it may go when it has expired. */
  unpin(group: GroupProducer): void {
    this.#pinned.delete(group);
  }

  /** Lets go of groups nobody has used for as long as their tracks keep them; runs by itself while groups come. */
  sweep(): void {
    const now = this.clock.now();
    this.#sweptMs = now;
    for (const group of this.#groups.keys()) {
      if (group.expiresMs > now || this.#pinned.has(group)) continue;
      group.retire(
        new MoqError("expired", `Group ${group.sequence} is no longer kept`),
      );
    }
  }

  /** `group` now holds `bytes` more. */
  grew(group: GroupProducer, bytes: number): void {
    if (group.retired) return;
    const held = this.#groups.get(group);
    const more = held === undefined ? bytes + GROUP_OVERHEAD_BYTES : bytes;
    this.#groups.set(group, (held ?? 0) + more);
    this.#bytes += more;
    if (this.#bytes > this.#capacityBytes) this.#evict();
  }

  /** `group` is used again and goes to the end of the queue. */
  used(group: GroupProducer): void {
    const held = this.#groups.get(group);
    if (held === undefined) return;
    this.#groups.delete(group);
    this.#groups.set(group, held);
  }

  /** `group` is gone. */
  released(group: GroupProducer): void {
    this.#pinned.delete(group);
    this.#bytes -= this.#groups.get(group) ?? 0;
    this.#groups.delete(group);
  }

  #evict(): void {
    for (const group of this.#groups.keys()) {
      if (this.#bytes <= this.#capacityBytes) return;
      if (this.#pinned.has(group)) continue;
      group.retire(
        new MoqError(
          "evicted",
          `Expected ${this.#capacityBytes} bytes to be enough for the cache, evicted group ${group.sequence}`,
        ),
      );
    }
  }
}
