/**
 * An origin: all broadcasts by path, whoever publishes them. A relay is one
 * origin shared by a session per peer.
 *
 * @module
 */
import { stripPrefix } from "../path.ts";
import { type Clock, systemClock } from "../time.ts";
import type {
  Broadcast,
  BroadcastConsumer,
  BroadcastProducer,
} from "./broadcast.ts";
import { Cache } from "./cache.ts";
import {
  type AnnounceEvent,
  EVERYTHING,
  OriginScope,
  type OriginTable,
  type ScopeOptions,
} from "./origin_scope.ts";
import {
  announcedRoute,
  type Claim,
  claimOrder,
  compareClaims,
  isBetter,
  isLastResort,
  isSameWay,
  lastResort,
  leadsThrough,
  publisherOf,
  type Route,
  type RouteSource,
} from "./route.ts";
import { PathIndex, upwards } from "./path_index.ts";
import { PathChanges } from "./path_changes.ts";
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
  /** The paths that changed recently. */
  readonly changes: PathChanges = new PathChanges();
  /** Divides the event loop among those that list many paths. */
  readonly turns: Turns;
  readonly #claims: Map<string, Claim[]> = new Map();
  readonly #paths: PathIndex<string> = new PathIndex();
  readonly #served: Map<string, RoutedBroadcast> = new Map();
  // All of #served and #leaving, by path: a change of routes matters to broadcasts at or below it.
  readonly #hearing: PathIndex<RoutedBroadcast> = new PathIndex();
  // Withdrawn and maybe another's path by now, while some read on.
  readonly #leaving: Set<RoutedBroadcast> = new Set();
  readonly #servedOf: WeakMap<Broadcast, RoutedBroadcast> = new WeakMap();
  #manyServed = MANY_SERVED;
  readonly #all: OriginScope;
  readonly #lingerMs: number;
  readonly #warmMs: number | undefined;
  readonly #settleMs: number;
  // Paths to which a way was lost a moment ago, and the age of claims then.
  readonly #unsettled: Map<string, number> = new Map();
  readonly #order: (a: Claim, b: Claim) => number;
  readonly #clock: Clock;
  #age = 0;

  /** An empty origin. */
  constructor(options: OriginOptions = {}) {
    this.hop = options.hop ?? randomHop();
    this.cache = options.cache ?? new Cache({ clock: options.clock });
    this.#lingerMs = options.lingerMs ?? 0;
    this.#warmMs = options.warmMs;
    this.#settleMs = options.settleMs ?? 0;
    this.#order = options.warmMs === undefined
      ? compareClaims
      : claimOrder(this.hop);
    this.#clock = options.clock ?? systemClock;
    this.turns = new Turns(this.#clock);
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
    const age = this.#age++;
    const claim: Claim = {
      path,
      source,
      route,
      age,
      epoch: age,
      since: age,
      isLost: false,
      carried: 0,
    };
    let isClosed = false;
    this.#put(claim);
    return {
      update: (route) => {
        if (isClosed) return;
        const before = claim.route;
        const isLoss = isLastResort(route) && !isLastResort(before);
        if (isBetter(route, before)) claim.since = this.#age++;
        else if (isLoss || this.best(path) === claim) {
          if (!isSameWay(route, before)) this.#unsettle(path, { isLoss });
        }
        claim.route = route;
        claim.isLost = false;
        if (this.has(claim)) this.#sort(claim);
        else this.#put(claim); // was in doubt, and is no longer
      },
      close: () => {
        isClosed = true;
        this.#take(claim);
      },
      withdraw: () => {
        isClosed = true;
        this.#take(claim);
        this.#doubt(claim);
      },
      lose: () => this.lose(claim),
    };
  }

  /** Takes out what leads to the publisher of `gone` through its announcer, unless that reaches it in another session. */
  #doubt({ path, route: { hops } }: Claim): void {
    const announcer = hops.at(-1);
    const all = this.#claims.get(path)?.filter(({ route }) =>
      route.hops[0] === hops[0]
    );
    if (!announcer || !all) return;
    if (all.some(({ route }) => route.hops.at(-1) === announcer)) return;
    for (const claim of all) {
      if (leadsThrough(claim, announcer)) this.#take(claim);
    }
  }

  /** Notes that `claim` leads nowhere since its connection was lost; after the linger it is taken out. */
  lose(claim: Claim): void {
    if (claim.isLost || !this.has(claim)) return;
    if (this.#lingerMs <= 0) return this.#take(claim);
    const publisher = publisherOf(claim);
    // One is enough. That there is another way does not count: after the loss of a relay all say so for a while.
    const before = this.#claims.get(claim.path)?.find((other) =>
      other.isLost && publisherOf(other) === publisher
    );
    if (before) this.#take(before);
    claim.isLost = true;
    // Others that see it through us are to use it only if there is nothing else.
    claim.route = lastResort(claim.route);
    this.#unsettle(claim.path, { isLoss: true });
    this.#sort(claim);
    this.#clock.after(this.#lingerMs, () => {
      if (claim.isLost) this.#giveUp(claim);
    });
  }

  /** Takes `claim` out, and with it what others offer when there is nothing better: it stems from the same loss. */
  #giveUp(claim: Claim): void {
    this.#take(claim);
    this.#takeLastResorts(claim.path);
  }

  /** Takes out the last resorts on `path` that others offer, unless there is anything else. */
  #takeLastResorts(path: string): void {
    const all = this.#claims.get(path) ?? [];
    const isHopeless = all.every(({ route, isLost }) =>
      isLastResort(route) && !isLost
    );
    if (!isHopeless) return;
    for (const claim of all) this.#take(claim);
  }

  /** Notes that a way to `path` is gone, or is another and no better one: for a while the others are told on with care. */
  #unsettle(path: string, { isLoss }: { readonly isLoss: boolean }): void {
    if (this.#settleMs <= 0 || this.#unsettled.has(path)) return;
    this.#unsettled.set(path, this.#age);
    this.#clock.after(this.#settleMs, () => {
      this.#unsettled.delete(path);
      this.#changed(path);
    });
    // What was lost may be back while it lingers; what was withdrawn has ended.
    const lingerMs = isLoss ? this.#lingerMs : 0;
    this.#clock.after(this.#settleMs + lingerMs, () => {
      this.#takeLastResorts(path);
    });
  }

  /**
   * What may be told of `claim` now to who has been told `before`, if anything;
   * `undefined` when that is nothing new. What others offer as the last resort
   * is told once, to those who know of something better: between relays that
   * have nothing else it would go round for ever.
   */
  tellable(claim: Claim, before: Route | undefined): Route | undefined {
    const { path, since, route: { hops } } = claim;
    const known = announcedRoute(claim);
    if (hops.length < 2 || before && isSameWay(known, before)) return known;
    const isDoubtful = since < (this.#unsettled.get(path) ?? -Infinity);
    if (!isDoubtful && !isLastResort(known)) return known;
    return before && !isLastResort(before) ? lastResort(known) : undefined;
  }

  /** Number of broadcasts held for current and recent readers. */
  get served(): number {
    return this.#served.size + this.#leaving.size;
  }

  /** Notes that a track is taken over `claim`, until the returned function is called and a while has passed. */
  carry(claim: Claim): () => void {
    const warmMs = this.#warmMs;
    if (warmMs === undefined) return () => {};
    if (claim.carried++ === 0) this.#changed(claim.path);
    return () => {
      this.#clock.after(warmMs, () => {
        if (--claim.carried === 0) this.#changed(claim.path);
      });
    };
  }

  /** Whether `claim` is still there. */
  has(claim: Claim): boolean {
    return this.#claims.get(claim.path)?.includes(claim) ?? false;
  }

  #put(claim: Claim): void {
    const { path } = claim;
    const present = this.#claims.get(path) ?? [];
    claim.epoch = present[0]?.epoch ?? this.#age++;
    if (present.length === 0) this.#paths.add(path, path);
    this.#claims.set(path, [...present, claim]);
    this.#sort(claim);
  }

  #sort({ path }: Claim): void {
    this.#claims.get(path)?.sort(this.#order);
    this.#changed(path);
  }

  #take(claim: Claim): void {
    const { path } = claim;
    if (!this.has(claim)) return;
    const left = this.#claims.get(path)?.filter((other) => other !== claim);
    if (left?.length) {
      this.#claims.set(path, left);
      this.#unsettle(path, { isLoss: false });
    } else {
      this.#claims.delete(path);
      this.#paths.delete(path, path);
    }
    this.#changed(path);
  }

  #changed(path: string): void {
    for (const served of this.#hearing.below(path)) {
      served.pathChanged(path);
      if (served.isRead || served.isCurrent && !this.#leaving.has(served)) {
        continue;
      }
      this.#drop(served);
    }
    this.changes.note(path);
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

  /** All absolute paths that are claimed. */
  paths(): Iterable<string> {
    return this.#claims.keys();
  }

  /** Whether there is a claim on exactly `path`. */
  isClaimed(path: string): boolean {
    return this.#claims.has(path);
  }

  /** All absolute paths that are claimed at or below `path`. */
  pathsBelow(path: string): ReadonlySet<string> {
    return this.#paths.below(path);
  }

  /** The best claim on exactly `path` that does not lead through `exclude`. */
  best(path: string, exclude?: bigint): Claim | undefined {
    return this.#claims.get(path)?.find((claim) =>
      !leadsThrough(claim, exclude)
    );
  }

  /** The claims on or above `path`, the most specific path first, each path's best first. */
  *covering(path: string, exclude?: bigint): Generator<Claim, undefined> {
    for (const at of upwards(path)) {
      const rest = stripPrefix(at, path) ?? "";
      for (const claim of this.#claims.get(at) ?? []) {
        const reaches = at === path || claim.source.covers(rest);
        if (reaches && !leadsThrough(claim, exclude)) yield claim;
      }
    }
  }

  /** The broadcast at an absolute path over its best route, shared by all who read it; `undefined` when nothing covers it. */
  serve(path: string, exclude?: bigint): RoutedBroadcast | undefined {
    const all = [...this.covering(path)];
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
