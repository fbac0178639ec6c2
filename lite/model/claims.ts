/**
 * All claims on paths: the routes to each path, and the best of them.
 *
 * @module
 */
import { stripPrefix } from "../path.ts";
import { type Clock, systemClock } from "../time.ts";
import { PathChanges } from "./path_changes.ts";
import { PathIndex, upwards } from "./path_index.ts";
import type { Publication } from "./publication.ts";
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

/** Options of {@linkcode PathClaims}; see `OriginOptions`. */
export interface ClaimsOptions {
  /** Our hop id. */
  readonly hop: bigint;
  /** How long a lost claim is kept. */
  readonly lingerMs?: number | undefined;
  /** How long a claim counts as carried after its last reader left. */
  readonly warmMs?: number | undefined;
  /** How long older routes are advertised as a last resort after a loss. */
  readonly settleMs?: number | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
}

/** The claims of one origin. */
export class PathClaims {
  /** The paths that changed recently. */
  readonly changes: PathChanges = new PathChanges();
  readonly #onChange: (path: string) => void;
  readonly #claims: Map<string, Claim[]> = new Map();
  readonly #paths: PathIndex<string> = new PathIndex();
  readonly #lingerMs: number;
  readonly #warmMs: number | undefined;
  readonly #settleMs: number;
  // Paths that lost a route recently, with the age counter at that time.
  readonly #unsettled: Map<string, number> = new Map();
  readonly #order: (a: Claim, b: Claim) => number;
  readonly #clock: Clock;
  #age = 0;

  /** Calls `onChange` for each path before {@linkcode PathClaims.changes} notes it. */
  constructor(
    { hop, lingerMs = 0, warmMs, settleMs = 0, clock = systemClock }:
      ClaimsOptions,
    onChange: (path: string) => void,
  ) {
    this.#onChange = onChange;
    this.#lingerMs = lingerMs;
    this.#warmMs = warmMs;
    this.#settleMs = settleMs;
    this.#order = warmMs === undefined ? compareClaims : claimOrder(hop);
    this.#clock = clock;
  }

  /** Adds a claim on an absolute path. */
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
    this.#put(claim);
    return new ClaimedPath(this, claim);
  }

  /** Replaces the route of `claim`, and adds it again if it was removed as a last resort. */
  update(claim: Claim, route: Route): void {
    const { path, route: before } = claim;
    const isLoss = isLastResort(route) && !isLastResort(before);
    if (isBetter(route, before)) claim.since = this.#age++;
    else if (isLoss || this.best(path) === claim) {
      if (!isSameWay(route, before)) this.#unsettle(path, { isLoss });
    }
    claim.route = route;
    claim.isLost = false;
    if (this.has(claim)) this.#sort(claim);
    else this.#put(claim);
  }

  /** Removes `claim`, and the claims that lead to its publisher through its announcer, unless the announcer has another claim on it. */
  withdraw(claim: Claim): void {
    this.take(claim);
    const { path, route: { hops } } = claim;
    const announcer = hops.at(-1);
    const all = this.#claims.get(path)?.filter(({ route }) =>
      route.hops[0] === hops[0]
    );
    if (!announcer || !all) return;
    if (all.some(({ route }) => route.hops.at(-1) === announcer)) return;
    for (const claim of all) {
      if (leadsThrough(claim, announcer)) this.take(claim);
    }
  }

  /** Marks `claim` as lost with its connection; it is removed after the linger time. */
  lose(claim: Claim): void {
    if (claim.isLost || !this.has(claim)) return;
    if (this.#lingerMs <= 0) return this.take(claim);
    const publisher = publisherOf(claim);
    // Keep one lost claim. Other routes do not count: after the loss of a relay others advertise routes for a while.
    const before = this.#claims.get(claim.path)?.find((other) =>
      other.isLost && publisherOf(other) === publisher
    );
    if (before) this.take(before);
    claim.isLost = true;
    // Peers must use it only as a last resort.
    claim.route = lastResort(claim.route);
    this.#unsettle(claim.path, { isLoss: true });
    this.#sort(claim);
    this.#clock.after(this.#lingerMs, () => {
      if (!claim.isLost) return;
      this.take(claim);
      // Other relays' last resorts stem from the same loss.
      this.#takeLastResorts(claim.path);
    });
  }

  /** Removes the last resorts on `path`, unless there is a better claim. */
  #takeLastResorts(path: string): void {
    const all = this.#claims.get(path) ?? [];
    const isHopeless = all.every(({ route, isLost }) =>
      isLastResort(route) && !isLost
    );
    if (!isHopeless) return;
    for (const claim of all) this.take(claim);
  }

  /** Notes that a route to `path` was lost or became worse: for a while older routes are advertised as a last resort. */
  #unsettle(path: string, { isLoss }: { readonly isLoss: boolean }): void {
    if (this.#settleMs <= 0 || this.#unsettled.has(path)) return;
    this.#unsettled.set(path, this.#age);
    this.#clock.after(this.#settleMs, () => {
      this.#unsettled.delete(path);
      this.#changed(path);
    });
    // A lost publisher may return while it lingers; a withdrawn one has ended.
    const lingerMs = isLoss ? this.#lingerMs : 0;
    this.#clock.after(this.#settleMs + lingerMs, () => {
      this.#takeLastResorts(path);
    });
  }

  /**
   * The route of `claim` to advertise to a peer that last heard `before`, if
   * anything; `undefined` if there is nothing to advertise. A last resort is
   * advertised once, to peers that know a better route: otherwise relays without
   * another route would pass it around forever.
   */
  tellable(claim: Claim, before: Route | undefined): Route | undefined {
    const { path, since, route: { hops } } = claim;
    const known = announcedRoute(claim);
    if (hops.length < 2 || before && isSameWay(known, before)) return known;
    const isDoubtful = since < (this.#unsettled.get(path) ?? -Infinity);
    if (!isDoubtful && !isLastResort(known)) return known;
    return before && !isLastResort(before) ? lastResort(known) : undefined;
  }

  /** Counts a track as carried over `claim`, until the warm time after the returned function is called. */
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

  /** Whether `claim` was not removed. */
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

  /** Removes `claim`; idempotent. */
  take(claim: Claim): void {
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
    this.#onChange(path);
    this.changes.note(path);
  }

  /** All claimed absolute paths. */
  paths(): Iterable<string> {
    return this.#claims.keys();
  }

  /** Whether there is a claim on exactly `path`. */
  isClaimed(path: string): boolean {
    return this.#claims.has(path);
  }

  /** All claimed absolute paths at or below `path`. */
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
}

/** A claim, as its announcer holds it. */
class ClaimedPath implements Publication {
  readonly #claims: PathClaims;
  readonly #claim: Claim;
  #isClosed = false;

  constructor(claims: PathClaims, claim: Claim) {
    this.#claims = claims;
    this.#claim = claim;
  }

  update(route: Route): void {
    if (!this.#isClosed) this.#claims.update(this.#claim, route);
  }

  close(): void {
    this.#isClosed = true;
    this.#claims.take(this.#claim);
  }

  withdraw(): void {
    this.#isClosed = true;
    this.#claims.withdraw(this.#claim);
  }

  lose(): void {
    this.#claims.lose(this.#claim);
  }
}
