/**
 * All claims on paths: which ways there are to each, and which is best.
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
  /** How long a lost claim stays. */
  readonly lingerMs?: number | undefined;
  /** How long a claim counts as carried after its last reader. */
  readonly warmMs?: number | undefined;
  /** How long older ways are doubted after a loss. */
  readonly settleMs?: number | undefined;
  /** Time. */
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
  // Paths to which a way was lost a moment ago, and the age of claims then.
  readonly #unsettled: Map<string, number> = new Map();
  readonly #order: (a: Claim, b: Claim) => number;
  readonly #clock: Clock;
  #age = 0;

  /** None yet. `onChange` hears of each path before {@linkcode PathClaims.changes} does. */
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
    this.#put(claim);
    return new ClaimedPath(this, claim);
  }

  /** Replaces hops and costs of `claim`, and puts it back if it was taken out in doubt. */
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

  /** Takes `claim` out, and with it what leads to its publisher through its announcer, unless that reaches it in another session. */
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

  /** Notes that `claim` leads nowhere since its connection was lost; after the linger it is taken out. */
  lose(claim: Claim): void {
    if (claim.isLost || !this.has(claim)) return;
    if (this.#lingerMs <= 0) return this.take(claim);
    const publisher = publisherOf(claim);
    // One is enough. That there is another way does not count: after the loss of a relay all say so for a while.
    const before = this.#claims.get(claim.path)?.find((other) =>
      other.isLost && publisherOf(other) === publisher
    );
    if (before) this.take(before);
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
    this.take(claim);
    this.#takeLastResorts(claim.path);
  }

  /** Takes out the last resorts on `path` that others offer, unless there is anything else. */
  #takeLastResorts(path: string): void {
    const all = this.#claims.get(path) ?? [];
    const isHopeless = all.every(({ route, isLost }) =>
      isLastResort(route) && !isLost
    );
    if (!isHopeless) return;
    for (const claim of all) this.take(claim);
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

  /** Takes `claim` out; idempotent. */
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
}

/** A claim as its announcer holds it. */
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
