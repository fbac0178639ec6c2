/**
 * A view of an origin: what one session may see or fill. Its paths are relative
 * to its root.
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

/** Which paths a scope lets through, relative to its root. */
export interface PathFilter {
  /** Subtrees that hold every path allowed; none lies under another. */
  readonly prefixes: readonly string[];
  /** Whether this path is allowed. */
  allows(path: string): boolean;
}

/** Lets everything through. */
export const EVERYTHING: PathFilter = { prefixes: [""], allows: () => true };

/** What a view needs of its origin. */
export interface OriginTable {
  /** The ways to every path. */
  readonly claims: PathClaims;
  /** Shared by all who list many paths. */
  readonly turns: Turns;
  /** The broadcast at an absolute path over its best route. */
  serve(path: string, exclude?: bigint): RoutedBroadcast | undefined;
  /** Removes the idle tracks of a consumed broadcast, and the broadcast itself when none is left. */
  forgetIdle(broadcast: Broadcast): void;
}

/** Options of `Origin.scope`. */
export interface ScopeOptions {
  /** The path that is the root of the view. Default the origin's own. */
  readonly root?: string | undefined;
  /** What is let through. Default everything. */
  readonly filter?: PathFilter | undefined;
  /** Subtrees that show another place of the origin instead. Default none. */
  readonly mounts?: readonly Mount[] | undefined;
  /** Leave out routes through the relay with this hop id. */
  readonly exclude?: bigint | undefined;
  /** Whether listings show names that begin with a dot, as other relays see them. Default false. */
  readonly showsHidden?: boolean | undefined;
}

/** A path came, changed its route or went. */
export interface AnnounceEvent {
  /** What happened. */
  readonly kind: "start" | "update" | "end";
  /** The path below the prefix asked for; `""` when a claim covers the prefix itself. */
  readonly path: string;
  /** The route, as it is now or was last. */
  readonly route: Route;
}

/** Options of {@linkcode OriginScope.announced}. */
export interface AnnouncedOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/** A view of an origin. */
export class OriginScope {
  /** The origin behind it. */
  readonly origin: OriginTable;
  /** The absolute path that is the root of the view. */
  readonly root: string;
  /** What is let through, relative to the root. */
  readonly filter: PathFilter;
  /** Subtrees that show another place of the origin, for reading alone. */
  readonly mounts: readonly Mount[];
  /** Routes through this relay are left out. */
  readonly exclude: bigint | undefined;
  /** Whether listings show names that begin with a dot. */
  readonly showsHidden: boolean;

  /** Use `Origin.scope`. Throws `RangeError` when mounts overlap. */
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

  /** Puts a broadcast of our own under `path`; it leaves when it ends. Throws `MoqError("unauthorized")` outside the view. */
  publish(path: string, broadcast: BroadcastProducer): Publication {
    const source = {
      covers: () => false,
      consume: () => broadcast.consume(),
    };
    const publication = this.claim(path, source, LOCAL_ROUTE);
    broadcast.closed.then(() => publication.close());
    return publication;
  }

  /** Puts a claim on `path`; throws `MoqError("unauthorized")` outside the view. */
  claim(path: string, source: RouteSource, route: Route): Publication {
    const normal = normalizePath(path);
    if (!this.allowsClaim(normal)) {
      throw new MoqError(
        "unauthorized",
        `Expected a path that may be published, got ${JSON.stringify(normal)}`,
      );
    }
    return this.origin.claims.claim(joinPath(this.root, normal), source, route);
  }

  /** Whether `path`, normalized, may be claimed: the filter allows it, and together with the root it is within the limits of paths. */
  allowsClaim(path: string): boolean {
    return this.filter.allows(path) && !mountOf(this.mounts, path) &&
      isPathInBounds(joinPath(this.root, path));
  }

  /** The broadcast at `path`; throws `MoqError("unroutable")` when nothing covers it or the view does not show it. */
  consume(path: string): BroadcastConsumer {
    const normal = normalizePath(path);
    const place = this.filter.allows(normal) ? this.#place(normal) : undefined;
    const served = place === undefined
      ? undefined
      : this.origin.serve(place, this.exclude);
    if (!served) {
      throw new MoqError(
        "unroutable",
        `Expected a path that is announced, got ${JSON.stringify(normal)}`,
      );
    }
    return new BroadcastConsumer(served.broadcast);
  }

  /** The paths under `prefix`, now and as they come and go. Names that begin with a dot are left out unless the prefix names them or the view shows them. */
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
    // A claim above what is asked for, or above a mount's target, shows as that itself.
    const isTop = suffix === "" || this.mounts.some(({ at }) => at === path);
    return isTop
      ? this.origin.claims.covering(place, this.exclude).next().value
      : this.origin.claims.best(place, this.exclude);
  }

  /** The absolute paths that a listing of `prefix` may show. */
  *places(prefix: string): Generator<string, undefined> {
    // A mount can show any place. Views with mounts are rare.
    const isAnywhere = this.mounts.length > 0;
    const place = isAnywhere ? "" : joinPath(this.root, prefix);
    const below = this.origin.claims.pathsBelow(place);
    yield* first(below.size, below);
    if (isAnywhere) return;
    for (const above of upwards(place)) {
      if (above !== place && this.origin.claims.isClaimed(above)) yield above;
    }
  }

  /** Where the origin has what this view shows at `path`. */
  #place(path: string): string | undefined {
    const mount = mountOf(this.mounts, path);
    return mount ? targetOf(mount, path) : joinPath(this.root, path);
  }

  /** The paths of this view at which a change of an absolute path may show. */
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

/** A live listing. Changes between two reads are folded into their net effect, so it holds at most one entry for each path that exists or has to be ended. */
export class AnnounceSubscription {
  readonly #scope: OriginScope;
  readonly #prefix: string;
  readonly #signal: AbortSignal | undefined;
  readonly #latch = new Latch();
  readonly #dirty: Set<string> = new Set();
  #cursor: Iterator<string, undefined> = this.#dirty.values();
  readonly #told: Map<string, Told> = new Map();
  // Examines every path, at the start and after too many changes.
  #sweep: Iterator<string | undefined> | undefined;
  #isListed = false;
  // Too many changes came during a sweep: another has to follow.
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

  /** Every path told or present now, `undefined` for one that is not of this listing. */
  *#everything(): Generator<string | undefined> {
    yield* first(this.#told.size, this.#told.keys());
    for (const place of this.#scope.places(this.#prefix)) {
      const shown = [...this.#shownAt(place)];
      if (shown.length > 0) yield* shown;
      else yield undefined;
    }
  }

  /** Marks the paths that changed since the last look. */
  #catchUp(): void {
    const { changes } = this.#scope.origin.claims;
    if (this.#closed || this.#seen === changes.last) return;
    const changed = changes.since(this.#seen);
    this.#seen = changes.last;
    for (const path of changed ?? []) {
      for (const suffix of this.#shownAt(path)) this.#dirty.add(suffix);
    }
    if (changed) return;
    // A sweep that began again with each of them would never end.
    if (this.#sweep) this.#isBehind = true;
    else this.#sweep = this.#everything();
  }

  /** The paths of this listing at which a change of the routes to an absolute path may show. */
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

  /** Steps left for the changes seen so far; at least 1 until {@linkcode AnnounceSubscription.isListed}. */
  get backlog(): number {
    return this.#dirty.size + (this.#sweep ? 1 : 0);
  }

  /** As {@linkcode AnnounceSubscription.backlog}, including changes since the last look. */
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
      // The end of a broadcast and the start of its successor stay together: in between the path would seem gone.
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

  /** Examines one path: of the sweep and of those that changed in turn, so that no storm of changes holds up the sweep. */
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

  // A new iterator for each would pass over all that was taken out since: a hundred thousand paths would take seconds.
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

  /** Resolves when there may be something new for `tryNext`, and when the signal aborts. */
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

  /** The changes as they come; ends with the signal or by leaving the loop. */
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

/** Up to `count` of `items`: with the size of a set, those there now, although others that go and come back are put behind them. */
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
