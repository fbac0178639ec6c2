/**
 * One publisher's part of a cache.
 *
 * @module
 */
import type { MoqError } from "../error.ts";

/** What a cache needs to know of a group. */
export interface Cached {
  /** Its number within its track, for messages. */
  readonly sequence: number;
  /** What its bytes count against. */
  readonly share: CacheShare;
  /** When it may go, on the cache's clock. */
  readonly expiresMs: number;
  /** Why it is gone. */
  readonly retired: MoqError | undefined;
  /** Lets go of its bytes. */
  retire(error: MoqError): void;
}

/** Options of {@linkcode CacheShare}. */
export interface CacheShareOptions {
  /** Names the publisher in messages. */
  readonly owner: string;
  /** Called when the newest group of a track is evicted. */
  readonly onLoss?: ((error: MoqError) => void) | undefined;
}

/** The groups of one publisher; made by `Cache.share`. */
export class CacheShare {
  /** Names the publisher in messages. */
  readonly owner: string;
  /** Groups that are not the newest of a track, in order of last use. */
  readonly loose: Set<Cached> = new Set();
  /** The newest groups of tracks, in the order in which they became the newest. */
  readonly pinned: Set<Cached> = new Set();
  /** Bytes of all its groups. */
  bytes = 0;
  readonly #onLoss: ((error: MoqError) => void) | undefined;

  /** Use `Cache.share`. */
  constructor({ owner, onLoss }: CacheShareOptions) {
    this.owner = owner;
    this.#onLoss = onLoss;
  }

  /** Evicts the newest group of a track. */
  lose(group: Cached, error: MoqError): void {
    group.retire(error);
    this.#onLoss?.(error);
  }
}
