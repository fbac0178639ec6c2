/**
 * A view of an origin: what one session may read or publish. Its paths are
 * relative to its root.
 *
 * @module
 */
import { MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import {
  hasPrefix,
  isPathInBounds,
  joinPath,
  normalizePath,
  stripPrefix,
} from "../path.ts";
import {
  type Broadcast,
  BroadcastConsumer,
  type BroadcastProducer,
} from "./broadcast.ts";
import type { PathClaims } from "./claims.ts";
import {
  checkMounts,
  type Mount,
  mountOf,
  shownAt,
  targetOf,
} from "./mount.ts";
import { upwards } from "./path_index.ts";
import type { Publication } from "./publication.ts";
import type { RoutedBroadcast } from "./routed_broadcast.ts";
import type { Turns } from "./turns.ts";
import {
  type Claim,
  isSameRoute,
  LOCAL_ROUTE,
  publisherOf,
  type Route,
  type RouteSource,
} from "./route.ts";

/** The paths that a scope allows, relative to its root. */
export interface PathFilter {
  /** Subtrees that contain all allowed paths; none is under another. */
  readonly prefixes: readonly string[];
  /** Whether this path is allowed. */
  allows(path: string): boolean;
}

/** Allows all paths. */
export const EVERYTHING: PathFilter = { prefixes: [""], allows: () => true };

/** An origin, as its views see it. */
export interface OriginTable {
  /** The routes to every path. */
  readonly claims: PathClaims;
  /** Shared by all peers that list many paths. */
  readonly turns: Turns;
  /** The broadcast at an absolute path over its best route. */
  serve(path: string, exclude?: bigint): RoutedBroadcast | undefined;
  /** Removes the idle tracks of a consumed broadcast, and the broadcast itself if none is left. */
  forgetIdle(broadcast: Broadcast): void;
}

/** Options of `Origin.scope`. */
export interface ScopeOptions {
  /** The root of the view. Default the origin's. */
  readonly root?: string | undefined;
  /** The allowed paths. Default all. */
  readonly filter?: PathFilter | undefined;
  /** Subtrees that show another path of the origin instead. Default none. */
  readonly mounts?: readonly Mount[] | undefined;
  /** Ignores routes through the relay with this hop id. */
  readonly exclude?: bigint | undefined;
  /** Whether listings include names that begin with a dot, as for other relays. Default `false`. */
  readonly showsHidden?: boolean | undefined;
}

/** A path was announced, changed its route or ended. */
export interface AnnounceEvent {
  /** The kind of change. */
  readonly kind: "start" | "update" | "end";
  /** The path below the requested prefix; `""` if a claim covers the prefix itself. */
  readonly path: string;
  /** The current route, or the last one. */
  readonly route: Route;
}

/** Options of {@linkcode OriginScope.announced}. */
export interface AnnouncedOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/** A view of an origin; made by `Origin.scope`. */
export class OriginScope {
  /** The origin behind it. */
  readonly origin: OriginTable;
  /** The root of the view, an absolute path. */
  readonly root: string;
  /** The allowed paths, relative to the root. */
  readonly filter: PathFilter;
  /** Read-only subtrees that show another path of the origin. */
  readonly mounts: readonly Mount[];
  /** Routes through this relay are ignored. */
  readonly exclude: bigint | undefined;
  /** Whether listings include names that begin with a dot. */
  readonly showsHidden: boolean;

  /** Use `Origin.scope`. Throws `RangeError` if mounts overlap. */
  constructor(origin: OriginTable, options: ScopeOptions) {
    this.origin = origin;
    this.root = normalizePath(options.root ?? "");
    this.filter = options.filter ?? EVERYTHING;
    this.mounts = checkMounts(this.root, options.mounts ?? []);
    this.exclude = options.exclude;
    this.showsHidden = options.showsHidden ?? false;
  }

  /** The same view without the routes through one peer. */
  excluding(hop: bigint | undefined): OriginScope {
    return new OriginScope(this.origin, { ...this, exclude: hop });
  }

  /** Publishes a local broadcast at `path` until it ends. Throws `MoqError("unauthorized")` outside the view. */
  publish(path: string, broadcast: BroadcastProducer): Publication {
    const source = {
      covers: () => false,
      consume: () => broadcast.consume(),
    };
    const publication = this.claim(path, source, LOCAL_ROUTE);
    broadcast.closed.then(() => publication.close());
    return publication;
  }

  /** Adds a claim on `path`; throws `MoqError("unauthorized")` outside the view. */
  claim(path: string, source: RouteSource, route: Route): Publication {
    const normal = normalizePath(path);
    if (!this.allowsClaim(normal)) {
      throw new MoqError(
        "unauthorized",
        `Not allowed to publish ${JSON.stringify(normal)}`,
      );
    }
    return this.origin.claims.claim(joinPath(this.root, normal), source, route);
  }

  /** Whether the normalized `path` may be claimed: the filter allows it, and with the root it is within the limits of paths. */
  allowsClaim(path: string): boolean {
    return this.filter.allows(path) && !mountOf(this.mounts, path) &&
      isPathInBounds(joinPath(this.root, path));
  }

  /** The broadcast at `path`; throws `MoqError("unroutable")` if none is announced there or the view does not show it. */
  consume(path: string): BroadcastConsumer {
    const normal = normalizePath(path);
    const place = this.filter.allows(normal) ? this.#place(normal) : undefined;
    const served = place === undefined
      ? undefined
      : this.origin.serve(place, this.exclude);
    if (!served) {
      throw new MoqError(
        "unroutable",
        `No broadcast announced at ${JSON.stringify(normal)}`,
      );
    }
    return new BroadcastConsumer(served.broadcast);
  }

  /** The paths under `prefix`: those announced now, then changes. Names that begin with a dot are left out unless the prefix names them or the view includes them. */
  announced(
    prefix = "",
    options: AnnouncedOptions = {},
  ): AnnounceSubscription {
    return new AnnounceSubscription(this, normalizePath(prefix), options);
  }

  /** The best claim that a listing of `prefix` shows as `suffix`. */
  shown(prefix: string, suffix: string): Claim | undefined {
    const path = joinPath(prefix, suffix);
    const place = this.filter.allows(path) ? this.#place(path) : undefined;
    if (place === undefined) return undefined;
    // A claim above the prefix, or above a mount's target, is listed as the prefix or mount itself.
    const isTop = suffix === "" || this.mounts.some(({ at }) => at === path);
    return isTop
      ? this.origin.claims.covering(place, this.exclude).next().value
      : this.origin.claims.best(place, this.exclude);
  }

  /** The absolute paths that a listing of `prefix` may show. */
  *places(prefix: string): Generator<string, undefined> {
    // A mount can show any path. Views with mounts are rare.
    const isAnywhere = this.mounts.length > 0;
    const place = isAnywhere ? "" : joinPath(this.root, prefix);
    const below = this.origin.claims.pathsBelow(place);
    yield* first(below.size, below);
    if (isAnywhere) return;
    for (const above of upwards(place)) {
      if (above !== place && this.origin.claims.isClaimed(above)) yield above;
    }
  }

  /** The path in the origin of `path` in this view. */
  #place(path: string): string | undefined {
    const mount = mountOf(this.mounts, path);
    return mount ? targetOf(mount, path) : joinPath(this.root, path);
  }

  /** The paths of this view that a change at an absolute path may affect. */
  *changedBy(path: string): Generator<string, undefined> {
    const own = hasPrefix(path, this.root) ? "" : stripPrefix(this.root, path);
    if (own !== undefined && !mountOf(this.mounts, own)) yield own;
    for (const mount of this.mounts) {
      const shown = shownAt(mount, path);
      if (shown !== undefined) yield shown;
    }
  }
}

interface Told {
  readonly publisher: unknown;
  readonly epoch: number;
  readonly route: Route;
}

/** Emitted types leave out members with computed names, so this declares the iterator. */
export interface AnnounceSubscription extends AsyncIterable<AnnounceEvent> {}

/** A live listing. Changes between two reads are merged, so it holds at most one entry per path that exists or has to be ended. */
export class AnnounceSubscription {
  readonly #scope: OriginScope;
  readonly #prefix: string;
  readonly #signal: AbortSignal | undefined;
  readonly #latch = new Latch();
  readonly #dirty: Set<string> = new Set();
  #cursor: Iterator<string, undefined> = this.#dirty.values();
  readonly #told: Map<string, Told> = new Map();
  // Examines all paths, at the start and after too many changes.
  #sweep: Iterator<string | undefined> | undefined;
  #isListed = false;
  // Too many changes happened during a sweep: another one must follow.
  #isBehind = false;
  #isSweepsTurn = false;
  #seen: number;
  readonly #release: (() => void) | undefined;
  #closed = false;

  /** Use {@linkcode OriginScope.announced}. */
  constructor(scope: OriginScope, prefix: string, options: AnnouncedOptions) {
    this.#scope = scope;
    this.#prefix = prefix;
    this.#signal = options.signal;
    this.#release = options.signal && this.#latch.wakeOn(options.signal);
    this.#seen = scope.origin.claims.changes.last;
    this.#sweep = this.#everything();
  }

  /** Every path reported or present, `undefined` for one outside this listing. */
  *#everything(): Generator<string | undefined> {
    yield* first(this.#told.size, this.#told.keys());
    for (const place of this.#scope.places(this.#prefix)) {
      const shown = [...this.#shownAt(place)];
      if (shown.length > 0) yield* shown;
      else yield undefined;
    }
  }

  /** Marks the paths that changed since the last call. */
  #catchUp(): void {
    const { changes } = this.#scope.origin.claims;
    if (this.#closed || this.#seen === changes.last) return;
    const changed = changes.since(this.#seen);
    this.#seen = changes.last;
    for (const path of changed ?? []) {
      for (const suffix of this.#shownAt(path)) this.#dirty.add(suffix);
    }
    if (changed) return;
    // A sweep that restarted each time would never end.
    if (this.#sweep) this.#isBehind = true;
    else this.#sweep = this.#everything();
  }

  /** The paths of this listing that a change at an absolute path may affect. */
  *#shownAt(path: string): Generator<string, undefined> {
    for (const changed of this.#scope.changedBy(path)) {
      const suffix = hasPrefix(changed, this.#prefix)
        ? "" // the path itself or one above it: a claim on the prefix
        : stripPrefix(this.#prefix, changed);
      if (suffix === undefined) continue;
      if (isHidden(suffix) && !this.#scope.showsHidden) continue;
      yield suffix;
    }
  }

  /** Whether all paths present at the start have been examined. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Steps left for the known changes; at least 1 until {@linkcode AnnounceSubscription.isListed}. */
  get backlog(): number {
    return this.#dirty.size + (this.#sweep ? 1 : 0);
  }

  /** As {@linkcode AnnounceSubscription.backlog}, including new changes. */
  get pending(): number {
    this.#catchUp();
    return this.backlog;
  }

  /** Examines up to `steps` paths and returns their changes, possibly none. */
  take(steps: number): AnnounceEvent[] {
    const events: AnnounceEvent[] = [];
    for (let left = steps; left > 0 && this.pending > 0; left--) {
      const event = this.#step();
      if (!event) continue;
      events.push(event);
      // Report the end of a broadcast together with the start of its successor: otherwise the path would seem to end.
      if (event.kind !== "end" || !this.#dirty.delete(event.path)) continue;
      const next = this.#compare(event.path);
      if (next) events.push(next);
    }
    return events;
  }

  /** The next change, `undefined` while there is none. */
  tryNext(): AnnounceEvent | undefined {
    while (this.pending > 0) {
      const event = this.#step();
      if (event) return event;
    }
    return undefined;
  }

  /** Examines one path, alternating between the sweep and changed paths, so that many changes do not delay the sweep. */
  #step(): AnnounceEvent | undefined {
    this.#isSweepsTurn = !this.#isSweepsTurn;
    const isSweep = this.#sweep && (this.#isSweepsTurn || !this.#dirty.size);
    const path = isSweep ? this.#nextOfSweep() : this.#nextDirty();
    if (path === undefined) return undefined;
    this.#dirty.delete(path);
    return this.#compare(path);
  }

  #nextOfSweep(): string | undefined {
    const { value, done } = this.#sweep!.next();
    if (!done) return value;
    this.#isListed = true;
    this.#sweep = this.#isBehind ? this.#everything() : undefined;
    this.#isBehind = false;
    return undefined;
  }

  // A new iterator for each path would skip all removed entries again: a hundred thousand paths would take seconds.
  #nextDirty(): string | undefined {
    if (this.#dirty.size === 0) return undefined;
    const { value, done } = this.#cursor.next();
    if (!done) return value;
    this.#cursor = this.#dirty.values();
    return this.#cursor.next().value;
  }

  #compare(path: string): AnnounceEvent | undefined {
    const told = this.#told.get(path);
    const claim = this.#scope.shown(this.#prefix, path);
    const publisher = claim && publisherOf(claim);
    const isSame = claim?.epoch === told?.epoch &&
      publisher === told?.publisher;
    if (told && !isSame) {
      this.#told.delete(path);
      if (claim) this.#dirty.add(path); // another broadcast: first it ends, then it starts
      return { kind: "end", path, route: told.route };
    }
    if (!claim) return undefined;
    const route = this.#scope.origin.claims.tellable(claim, told?.route);
    if (!route || told && isSameRoute(told.route, route)) return undefined;
    this.#told.set(path, { publisher, epoch: claim.epoch, route });
    return { kind: told ? "update" : "start", path, route };
  }

  /** Resolves when `tryNext` may have something new, and when the signal aborts. */
  changed(): Promise<void> {
    this.#scope.origin.claims.changes.wake(this.#latch);
    return this.#latch.changed();
  }

  /** Ends the listing; idempotent. */
  close(): void {
    this.#closed = true;
    this.#dirty.clear();
    this.#told.clear();
    this.#sweep = undefined;
    this.#isBehind = false;
    this.#scope.origin.claims.changes.leave(this.#latch);
    this.#release?.();
    this.#latch.wake();
  }

  /** The changes; ends with the signal or by leaving the loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<AnnounceEvent, void> {
    try {
      while (!this.#closed && !this.#signal?.aborted) {
        const event = this.tryNext();
        if (event) yield event;
        else await this.changed();
      }
    } finally {
      this.close();
    }
  }
}

/** Up to `count` of `items`. With the size of a set, that is its current items: items added again later come after them. */
function* first<T>(count: number, items: Iterable<T>): Generator<T, undefined> {
  let left = count;
  for (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

function isHidden(suffix: string): boolean {
  return suffix.startsWith(".") || suffix.includes("/.");
}
