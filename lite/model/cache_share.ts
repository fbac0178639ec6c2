/**
 * One publisher's part of a cache.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import type { Cache } from "./cache.ts";
import type { GroupProducer } from "./group.ts";

/** Options of {@linkcode CacheShare}. */
export interface CacheShareOptions {
  /** Names the publisher in messages. */
  readonly owner: string;
  /** Called when the newest group of a track is evicted. */
  readonly onLoss?: ((error: MoqError) => void) | undefined;
}

/** The groups of one publisher; made by `Cache.share`. */
export class CacheShare {
  /** The cache whose budget counts. */
  readonly cache: Cache;
  /** Names the publisher in messages. */
  readonly owner: string;
  /** Groups that are not the newest of a track, in order of last use. */
  readonly loose: Set<GroupProducer> = new Set();
  /** The newest groups of tracks, in the order in which they became the newest. */
  readonly pinned: Set<GroupProducer> = new Set();
  /** Bytes of all its groups. */
  bytes = 0;
  readonly #onLoss: ((error: MoqError) => void) | undefined;

  /** Use `Cache.share`. */
  constructor(cache: Cache, { owner, onLoss }: CacheShareOptions) {
    this.cache = cache;
    this.owner = owner;
    this.#onLoss = onLoss;
  }

  /** Evicts the newest group of a track. */
  lose(group: GroupProducer, error: MoqError): void {
    group.retire(error);
    this.#onLoss?.(error);
  }
}
