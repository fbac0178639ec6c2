/**
 * Routes: the ways to a broadcast, and which of them is best.
 *
 * @module
 */
import type { BroadcastConsumer } from "./broadcast.ts";
import { routeHash } from "./route_hash.ts";

/** What an announcement says about the way to a broadcast. moq-lite-06, "ANNOUNCE". */
export interface Route {
  /** Hop ids from the original publisher to whoever announced it here, oldest first; empty for a broadcast of our own. */
  readonly hops: readonly bigint[];
  /** Price when the announcer already carries the content; `Infinity` is "only if there is nothing else". */
  readonly warm: number;
  /** Price when it would have to fetch it first. */
  readonly cold: number;
}

/** The route of a broadcast of our own. */
export const LOCAL_ROUTE: Route = { hops: [], warm: 0, cold: 0 };

/** Where the broadcasts under a claimed path come from. */
export interface RouteSource {
  /** Whether the claim covers the path `rest` below its own: whether the announcer may publish there. */
  covers(rest: string): boolean;
  /** The broadcast `rest` below the claimed path; `""` is the path itself. */
  consume(rest: string): BroadcastConsumer;
}

/** One announcement of one path. */
export interface Claim {
  /** The absolute path in the origin. */
  readonly path: string;
  /** Where it leads. */
  readonly source: RouteSource;
  /** Its price and hops; replaced as a whole. */
  route: Route;
  /** Higher is newer. */
  readonly age: number;
  /** On the scale of ages, when its path was first claimed; a different value means that the path was unclaimed in between. */
  epoch: number;
  /** On the scale of ages, when it became more than a last resort. */
  since: number;
  /** Whether the connection it came over was lost: it is still shown for a while, and leads nowhere. */
  isLost: boolean;
  /** How many tracks are taken over it, or were a moment ago. */
  carried: number;
}

/** The route of `claim` as others are told of it: what is carried already is free but for the way to here. moq-lite-06, "ANNOUNCE". */
export function announcedRoute({ route, carried }: Claim): Route {
  const isFree = carried > 0 && route.warm !== Infinity;
  return isFree ? { ...route, warm: 0 } : route;
}

/** The same route, to be used only if there is nothing else. */
export function lastResort(route: Route): Route {
  return { ...route, warm: Infinity, cold: Infinity };
}

/** Whether a route is to be used only if there is nothing else. */
export function isLastResort({ warm }: Route): boolean {
  return warm === Infinity;
}

/** Whether `route` is cheaper or shorter than the one `before`, whoever carries it already. */
export function isBetter(route: Route, before: Route): boolean {
  const order = Number(isLastResort(route)) - Number(isLastResort(before)) ||
    compare(route.cold, before.cold) ||
    route.hops.length - before.hops.length;
  return order < 0;
}

/** Whether two routes lead over the same relays at the same price, whoever carries it already. */
export function isSameWay(a: Route, b: Route): boolean {
  return isLastResort(a) === isLastResort(b) && a.cold === b.cold &&
    a.hops.length === b.hops.length &&
    a.hops.every((hop, i) => hop === b.hops[i]);
}

/** Whether two routes say the same; their hops are compared as objects. */
export function isSameRoute(a: Route, b: Route): boolean {
  return a.hops === b.hops && a.warm === b.warm && a.cold === b.cold;
}

/** Who published the content: equal for two claims only when they lead to the same publisher. */
export function publisherOf(claim: Claim): unknown {
  const first = claim.route.hops[0];
  return first === undefined || first === 0n ? claim : first;
}

/** Whether `claim` leads through the relay with this hop id. */
export function leadsThrough(claim: Claim, hop: bigint | undefined): boolean {
  return hop !== undefined && claim.route.hops.includes(hop);
}

/** The order of claims for the relay with this hop id, {@linkcode compareClaims} with what it may believe of their prices. */
export function claimOrder(
  hop: bigint,
): (a: Claim, b: Claim) => number {
  return (a, b) => compareClaims(believed(a, hop), believed(b, hop));
}

/**
 * A relay's word that it carries the content counts for those whose hash is
 * greater: of two that began at once each would go over to the other.
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
 * Sorts the better claim first: not lost, no anonymous hop, cheaper, our own,
 * fewer hops, between other relays the lesser hash, newer. What is only for
 * when there is nothing else comes behind what was lost: after the loss of a
 * relay each of the others would have the next one's word for a way to it.
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

/** Equal unless both claims came through a relay: of those that came from publishers themselves the newer counts. */
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
