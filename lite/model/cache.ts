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

// Several tracks may hold the same group: the publisher's, and one for each set of readers it is served to.
interface Pinned {
  pins: number;
  bytes: number;
}

/** Accounts for the bytes of all groups made with it and lets go of groups over budget. */
export class Cache {
  /** Time, as everything in the model sees it. */
  readonly clock: Clock;
  /** The ceiling on every track's retention, in milliseconds. */
  readonly maxAgeMs: number;
  readonly #capacityBytes: number;
  // Groups that may go, in order of last use.
  readonly #loose: Map<GroupProducer, number> = new Map();
  readonly #pinned: Map<GroupProducer, Pinned> = new Map();
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
    return this.#loose.size + this.#pinned.size;
  }

  /** `group` is the newest of a track and stays until as many calls of {@linkcode Cache.unpin}. */
  pin(group: GroupProducer): void {
    if (group.retired) return;
    const pinned = this.#pinned.get(group);
    if (pinned) pinned.pins++;
    else this.#pinned.set(group, { pins: 1, bytes: this.#takeLoose(group) });
    const now = this.clock.now();
    if (now - this.#sweptMs >= SWEEP_INTERVAL_MS) this.sweep();
  }

  /** `group` is no longer the newest of a track, or that track is gone: without another one it may go when it has expired. */
  unpin(group: GroupProducer): void {
    const pinned = this.#pinned.get(group);
    if (!pinned || --pinned.pins > 0) return;
    this.#pinned.delete(group);
    this.#loose.set(group, pinned.bytes);
  }

  /** What `group` is accounted for while it is taken out of the queue; one that is new costs its overhead. */
  #takeLoose(group: GroupProducer): number {
    const held = this.#loose.get(group);
    this.#loose.delete(group);
    if (held !== undefined) return held;
    this.#bytes += GROUP_OVERHEAD_BYTES;
    return GROUP_OVERHEAD_BYTES;
  }

  /** Lets go of groups nobody has used for as long as their tracks keep them; runs by itself while groups come. */
  sweep(): void {
    const now = this.clock.now();
    this.#sweptMs = now;
    for (const group of this.#loose.keys()) {
      if (group.expiresMs > now) continue;
      group.retire(
        new MoqError("expired", `Group ${group.sequence} is no longer kept`),
      );
    }
  }

  /** `group` now holds `bytes` more. */
  grew(group: GroupProducer, bytes: number): void {
    if (group.retired) return;
    this.#bytes += bytes;
    const pinned = this.#pinned.get(group);
    if (pinned) pinned.bytes += bytes;
    else this.#loose.set(group, this.#takeLoose(group) + bytes);
    if (this.#bytes > this.#capacityBytes) this.#evict();
  }

  /** `group` is used again and goes to the end of the queue. */
  used(group: GroupProducer): void {
    const held = this.#loose.get(group);
    if (held === undefined) return;
    this.#loose.delete(group);
    this.#loose.set(group, held);
  }

  /** `group` is gone. */
  released(group: GroupProducer): void {
    const held = this.#loose.get(group) ?? this.#pinned.get(group)?.bytes ?? 0;
    this.#bytes -= held;
    this.#loose.delete(group);
    this.#pinned.delete(group);
  }

  #evict(): void {
    for (const group of this.#loose.keys()) {
      if (this.#bytes <= this.#capacityBytes) return;
      group.retire(
        new MoqError(
          "evicted",
          `Expected ${this.#capacityBytes} bytes to be enough for the cache, evicted group ${group.sequence}`,
        ),
      );
    }
  }
}
