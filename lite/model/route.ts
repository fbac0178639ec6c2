/**
 * Routes to broadcasts, and how they are compared.
 *
 * @module
 */
import type { BroadcastConsumer } from "./broadcast.ts";
import { routeHash } from "./route_hash.ts";

/** A route to a broadcast, as announced. moq-lite-06, "ANNOUNCE". */
export interface Route {
  /** Hop ids from the original publisher to the announcer, oldest first; empty for a local broadcast. */
  readonly hops: readonly bigint[];
  /** Price if the announcer already carries the content; `Infinity` makes the route a last resort. */
  readonly warm: number;
  /** Price if it has to fetch the content first. */
  readonly cold: number;
}

/** The route of a local broadcast. */
export const LOCAL_ROUTE: Route = { hops: [], warm: 0, cold: 0 };

/** The source of the broadcasts under a claimed path. */
export interface RouteSource {
  /** Whether the claim covers the path `rest` below its own: whether the announcer may publish there. */
  covers(rest: string): boolean;
  /** The broadcast `rest` below the claimed path; `""` is the path itself. */
  consume(rest: string): BroadcastConsumer;
}

/** One announcement of one path. */
export interface Claim {
  /** Its absolute path in the origin. */
  readonly path: string;
  /** The source of its broadcasts. */
  readonly source: RouteSource;
  /** Its route; replaced as a whole. */
  route: Route;
  /** Higher is newer. */
  readonly age: number;
  /** The age at which its path was first claimed; a different value means that the path was unclaimed in between. */
  epoch: number;
  /** The age at which it last became better. */
  since: number;
  /** Whether its connection was lost: it is still announced for a while, but cannot be read. */
  isLost: boolean;
  /** How many tracks are carried over it, or were recently. */
  carried: number;
}

/** The route of `claim` as it is announced: a carried broadcast costs nothing here. moq-lite-06, "ANNOUNCE". */
export function announcedRoute({ route, carried }: Claim): Route {
  const isFree = carried > 0 && route.warm !== Infinity;
  return isFree ? { ...route, warm: 0 } : route;
}

/** The same route as a last resort. */
export function lastResort(route: Route): Route {
  return { ...route, warm: Infinity, cold: Infinity };
}

/** Whether a route is a last resort. */
export function isLastResort({ warm }: Route): boolean {
  return warm === Infinity;
}

/** Whether `route` is cheaper or shorter than the one `before`, regardless of who carries it. */
export function isBetter(route: Route, before: Route): boolean {
  const order = Number(isLastResort(route)) - Number(isLastResort(before)) ||
    compare(route.cold, before.cold) ||
    route.hops.length - before.hops.length;
  return order < 0;
}

/** Whether two routes lead over the same relays at the same price, regardless of who carries it. */
export function isSameWay(a: Route, b: Route): boolean {
  return isLastResort(a) === isLastResort(b) && a.cold === b.cold &&
    a.hops.length === b.hops.length &&
    a.hops.every((hop, i) => hop === b.hops[i]);
}

/** Whether two routes are equal; their hops are compared by identity. */
export function isSameRoute(a: Route, b: Route): boolean {
  return a.hops === b.hops && a.warm === b.warm && a.cold === b.cold;
}

/** Identifies the publisher: equal for two claims only if they lead to the same publisher. */
export function publisherOf(claim: Claim): unknown {
  const first = claim.route.hops[0];
  return first === undefined || first === 0n ? claim : first;
}

/** Whether `claim` leads through the relay with this hop id. */
export function leadsThrough(claim: Claim, hop: bigint | undefined): boolean {
  return hop !== undefined && claim.route.hops.includes(hop);
}

/** The order of claims for the relay with this hop id: {@linkcode compareClaims}, ignoring prices that it must not trust. */
export function claimOrder(
  hop: bigint,
): (a: Claim, b: Claim) => number {
  return (a, b) => compareClaims(believed(a, hop), believed(b, hop));
}

/**
 * A relay's claim that it carries the content is only trusted by relays with a
 * greater hash: otherwise two that start at once would switch to each other.
 */
function believed(claim: Claim, hop: bigint): Claim {
  const { path, route: { hops, warm, cold } } = claim;
  const announcer = hops.at(-1);
  const isCarried = hops.length > 1 && warm < cold && cold !== Infinity;
  if (!isCarried || announcer === undefined) return claim;
  if (routeHash(path, [announcer]) < routeHash(path, [hop])) return claim;
  return { ...claim, route: { hops, warm: cold, cold } };
}

/**
 * Sorts the better claim first: not lost, no anonymous hop, cheaper, local,
 * fewer hops, between other relays the lesser hash, newer. Last resorts come
 * after lost claims: after the loss of a relay, the others would each follow a
 * route of the next one to it.
 */
export function compareClaims(a: Claim, b: Claim): number {
  return distress(a) - distress(b) ||
    anonymous(a) - anonymous(b) ||
    compare(a.route.warm, b.route.warm) ||
    compare(a.route.cold, b.route.cold) ||
    a.route.hops.length - b.route.hops.length ||
    compareHashes(a, b) ||
    b.age - a.age;
}

/** Equal unless both claims came through a relay: among direct publishers the newer claim wins. */
function compareHashes(a: Claim, b: Claim): number {
  if (Math.min(a.route.hops.length, b.route.hops.length) < 2) return 0;
  return anonymous(a) ? 0 : compare(
    routeHash(a.path, a.route.hops),
    routeHash(b.path, b.route.hops),
  );
}

function distress({ isLost, route }: Claim): number {
  if (isLost) return 1;
  return route.warm === Infinity ? 2 : 0;
}

function anonymous(claim: Claim): number {
  return claim.route.hops.includes(0n) ? 1 : 0;
}

// Infinity - Infinity is no order.
function compare<T extends number | bigint>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
