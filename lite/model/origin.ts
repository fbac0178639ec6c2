/**
 * An origin: all broadcasts by path, whoever publishes them. A relay is one
 * origin shared by a session per peer.
 *
 * @module
 */
import { type Clock, systemClock } from "../time.ts";
import type {
  Broadcast,
  BroadcastConsumer,
  BroadcastProducer,
} from "./broadcast.ts";
import { Cache } from "./cache.ts";
import { PathClaims } from "./claims.ts";
import {
  type AnnounceEvent,
  EVERYTHING,
  OriginScope,
  type OriginTable,
  type ScopeOptions,
} from "./origin_scope.ts";
import { leadsThrough, type Route, type RouteSource } from "./route.ts";
import { PathIndex } from "./path_index.ts";
import type { Publication } from "./publication.ts";
import { RoutedBroadcast, type Routes } from "./routed_broadcast.ts";
import { Turns } from "./turns.ts";

/** Options of {@linkcode Origin}. */
export interface OriginOptions {
  /** Our hop id, 0 < id < 2^62 (below 2^53 for JavaScript peers). Default random. */
  readonly hop?: bigint | undefined;
  /** Accounts for all groups. Default one of 512 MiB. */
  readonly cache?: Cache | undefined;
  /** How long a path stays when the connection it came over was lost, in milliseconds. Default 0. */
  readonly lingerMs?: number | undefined;
  /** How long others are told that a track is carried here after its last reader has left, in milliseconds. Default: they are never told, and what they tell is believed as it is. */
  readonly warmMs?: number | undefined;
  /**
   * How long ways that other relays told of before one to the same path was
   * lost are told on as the last resort only, in milliseconds: each may lead to
   * what was lost, and relays would go on to tell each other of ever longer
   * ones. Default 0.
   */
  readonly settleMs?: number | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
}

const MANY_SERVED = 1024;

/** A hop id nobody else has: random below 2^53. */
export function randomHop(): bigint {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high & 0x1fffff) << 32n) + BigInt(low) || 1n;
}

/** All broadcasts by path. */
export class Origin implements OriginTable, Routes {
  /** Our hop id. */
  readonly hop: bigint;
  /** Accounts for all groups. */
  readonly cache: Cache;
  /** The ways to every path. */
  readonly claims: PathClaims;
  /** Divides the event loop among those that list many paths. */
  readonly turns: Turns;
  readonly #served: Map<string, RoutedBroadcast> = new Map();
  // All of #served and #leaving, by path: a change of routes matters to broadcasts at or below it.
  readonly #hearing: PathIndex<RoutedBroadcast> = new PathIndex();
  // Withdrawn and maybe another's path by now, while some read on.
  readonly #leaving: Set<RoutedBroadcast> = new Set();
  readonly #servedOf: WeakMap<Broadcast, RoutedBroadcast> = new WeakMap();
  #manyServed = MANY_SERVED;
  readonly #all: OriginScope;

  /** An empty origin. */
  constructor(options: OriginOptions = {}) {
    this.hop = options.hop ?? randomHop();
    this.cache = options.cache ?? new Cache({ clock: options.clock });
    this.claims = new PathClaims({ ...options, hop: this.hop }, (path) => {
      this.#changed(path);
    });
    this.turns = new Turns(options.clock ?? systemClock);
    this.#all = new OriginScope(this, { filter: EVERYTHING });
  }

  /** A smaller view: under a root, through a filter, without the routes through one peer. */
  scope(options: ScopeOptions = {}): OriginScope {
    return new OriginScope(this, options);
  }

  /** Puts a broadcast of our own under `path`; it leaves when it ends. */
  publish(path: string, broadcast: BroadcastProducer): Publication {
    return this.#all.publish(path, broadcast);
  }

  /** The broadcast at `path`; throws `MoqError("unroutable")` when nothing covers it. */
  consume(path: string): BroadcastConsumer {
    return this.#all.consume(path);
  }

  /** The paths under `prefix`, now and as they come and go. */
  announced(prefix = "", signal?: AbortSignal): AsyncIterable<AnnounceEvent> {
    return this.#all.announced(prefix, { signal });
  }

  /** Puts a claim on an absolute path. */
  claim(path: string, source: RouteSource, route: Route): Publication {
    return this.claims.claim(path, source, route);
  }

  /** All absolute paths that are claimed. */
  paths(): Iterable<string> {
    return this.claims.paths();
  }

  /** Number of broadcasts held for current and recent readers. */
  get served(): number {
    return this.#served.size + this.#leaving.size;
  }

  #changed(path: string): void {
    for (const served of this.#hearing.below(path)) {
      served.pathChanged(path);
      if (served.isRead || served.isCurrent && !this.#leaving.has(served)) {
        continue;
      }
      this.#drop(served);
    }
  }

  /** Route changes reach `served` again, in case it was forgotten before it was read. */
  attach(served: RoutedBroadcast): void {
    if (this.#served.get(served.key) === served) return;
    this.#leaving.add(served);
    this.#hearing.add(served.path, served);
  }

  /** Forgets `served`; route changes no longer reach it. */
  #drop(served: RoutedBroadcast): void {
    this.#hearing.delete(served.path, served);
    this.#leaving.delete(served);
    if (this.#served.get(served.key) === served) {
      this.#served.delete(served.key);
    }
  }

  /** The broadcast at an absolute path over its best route, shared by all who read it; `undefined` when nothing covers it. */
  serve(path: string, exclude?: bigint): RoutedBroadcast | undefined {
    const all = [...this.claims.covering(path)];
    const isSplit = all.some((claim) => leadsThrough(claim, exclude));
    // A normal path never begins with a slash, so the keys of the two kinds are apart.
    const key = isSplit ? `/${exclude}/${path}` : path;
    const present = this.#served.get(key);
    if (present?.isCurrent) return present;
    if (present) this.#forget(present);
    if (this.#served.size >= this.#manyServed) this.#forgetAllIdle();
    const served = RoutedBroadcast.open(this, {
      path,
      key,
      exclude: isSplit ? exclude : undefined,
    });
    if (!served) return undefined;
    this.#served.set(key, served);
    this.#hearing.add(path, served);
    this.#servedOf.set(served.broadcast, served);
    return served;
  }

  /** Removes the idle tracks of a consumed broadcast, and the broadcast itself when none is left. */
  forgetIdle(broadcast: Broadcast): void {
    broadcast.forgetIdle();
    const served = this.#servedOf.get(broadcast);
    if (served && broadcast.isIdle) this.#drop(served);
  }

  #forgetAllIdle(): void {
    for (const served of this.#served.values()) {
      if (!served.isCurrent || served.broadcast.isIdle) this.#forget(served);
    }
    // With many in use, a scan for every new one would be quadratic.
    this.#manyServed = Math.max(MANY_SERVED, this.#served.size * 2);
  }

  #forget(served: RoutedBroadcast): void {
    if (!served.isRead) return this.#drop(served);
    this.#served.delete(served.key);
    this.#leaving.add(served);
  }
}
