/**
 * What one publisher has in a cache.
 *
 * @module
 */
import type { MoqError } from "../error.ts";
import type { Cache } from "./cache.ts";
import type { GroupProducer } from "./group.ts";

/** Options of {@linkcode CacheShare}. */
export interface CacheShareOptions {
  /** Whose groups they are, for messages. */
  readonly owner: string;
  /** Hears of the newest group of a track that had to go. */
  readonly onLoss?: ((error: MoqError) => void) | undefined;
}

/** The groups of one publisher; made by `Cache.share`. */
export class CacheShare {
  /** The budget. */
  readonly cache: Cache;
  /** Whose groups they are, for messages. */
  readonly owner: string;
  /** Groups that may go, in order of last use. */
  readonly loose: Set<GroupProducer> = new Set();
  /** The newest groups of tracks, in the order in which they became that. */
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

  /** Lets go of the newest group of a track. */
  lose(group: GroupProducer, error: MoqError): void {
    group.retire(error);
    this.#onLoss?.(error);
  }
}
