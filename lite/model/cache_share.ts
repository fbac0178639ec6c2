/**
 * One publisher's share of a cache.
 *
 * @module
 */
import type { MoqError } from "../error.ts";

/** A group, as its cache sees it. */
export interface Cached {
  /** Its number in the track, for messages. */
  readonly sequence: number;
  /** The share that its bytes count towards. */
  readonly share: CacheShare;
  /** When it expires, on the cache's clock. */
  readonly expiresMs: number;
  /** Why it was evicted. */
  readonly retired: MoqError | undefined;
  /** Frees its bytes. */
  retire(error: MoqError): void;
}

/** The groups of one publisher in a cache. */
export class CacheShare {
  /** Names the publisher in messages. */
  readonly owner: string;
  /** Unpinned groups, in order of last use. */
  readonly loose: Set<Cached> = new Set();
  /** Pinned groups, in the order in which they became the newest of their tracks. */
  readonly pinned: Set<Cached> = new Set();
  /** Bytes of all its groups. */
  bytes = 0;
  readonly #onLoss: ((error: MoqError) => void) | undefined;

  /** Calls `onLoss` when the newest group of a track is evicted. */
  constructor(owner: string, onLoss?: (error: MoqError) => void) {
    this.owner = owner;
    this.#onLoss = onLoss;
  }

  /** Evicts the newest group of a track. */
  lose(group: Cached, error: MoqError): void {
    group.retire(error);
    this.#onLoss?.(error);
  }
}
