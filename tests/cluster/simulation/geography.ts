/**
 * Twenty regions of the world with ten relays each, and the distances between
 * them.
 *
 * @module
 */
import type { ClusterPeer } from "../../../relay/cluster/peer.ts";
import type { Distances } from "../world.ts";

/** A city with a data centre: latitude, longitude, and its share of the viewers. */
type City = readonly [latitude: number, longitude: number, share: number];

const CITIES: Readonly<Record<string, City>> = {
  fra: [50.1, 8.7, 9],
  lon: [51.5, -0.1, 8],
  mad: [40.4, -3.7, 4],
  sto: [59.3, 18.1, 3],
  waw: [52.2, 21.0, 4],
  ist: [41.0, 29.0, 4],
  dxb: [25.2, 55.3, 3],
  bom: [19.1, 72.9, 9],
  sin: [1.4, 103.8, 6],
  hkg: [22.3, 114.2, 5],
  nrt: [35.7, 139.7, 6],
  icn: [37.5, 126.9, 4],
  syd: [-33.9, 151.2, 3],
  jnb: [-26.2, 28.0, 3],
  gru: [-23.5, -46.6, 7],
  scl: [-33.4, -70.7, 2],
  mex: [19.4, -99.1, 4],
  lax: [34.1, -118.2, 6],
  ord: [41.9, -87.6, 5],
  iad: [38.9, -77.0, 5],
};

/** The regions by name. */
export const REGIONS: readonly string[] = Object.keys(CITIES);
/** Relays of each region: two hubs and eight leaves. */
export const RELAYS_PER_REGION = 10;
/** Viewers worldwide. */
export const VIEWERS = 1_000_000;

const HUBS = 2;
const EARTH_KM = 6371;
// The speed of light in glass, and the detours of cables.
const KM_PER_MS = 200 / 1.4;
const INSIDE_MS = 1;

// Low within a region, high to other regions, higher over the second hub, so that it is only a reserve.
const INSIDE_COST = 1;
const SECOND_HUB_COST = 2;
const OUTSIDE_COST = 100;
const SECOND_OUTSIDE_COST = 150;

/** The region of a relay or client; its name begins with the region's. */
export function regionOf(name: string): string {
  return name.slice(0, 3);
}

/** The relays of a region, hubs first. */
export function relaysOf(region: string): readonly string[] {
  return Array.from({ length: RELAYS_PER_REGION }, (_, i) => `${region}${i}`);
}

/** The leaves of a region, where its viewers are. */
export function leavesOf(region: string): readonly string[] {
  return relaysOf(region).slice(HUBS);
}

/** Viewers at each leaf of a region. */
export function viewersPerLeaf(region: string): number {
  const all = Object.values(CITIES).reduce(
    (sum, [, , share]) => sum + share,
    0,
  );
  const [, , share] = CITIES[region]!;
  return VIEWERS * share / all / leavesOf(region).length;
}

/** The relays that one dials: a leaf its two hubs; a hub the other hub of its region, and the earlier hubs of its rank. */
export function peersOf(name: string): readonly ClusterPeer[] {
  const region = regionOf(name);
  const rank = Number(name.slice(3));
  if (rank >= HUBS) {
    return [
      peer(`${region}0`, INSIDE_COST),
      peer(`${region}1`, SECOND_HUB_COST),
    ];
  }
  const cost = rank === 0 ? OUTSIDE_COST : SECOND_OUTSIDE_COST;
  const others = REGIONS.slice(0, REGIONS.indexOf(region))
    .map((other) => peer(`${other}${rank}`, cost));
  return rank === 0 ? others : [peer(`${region}0`, INSIDE_COST), ...others];
}

function peer(name: string, cost: number): ClusterPeer {
  return { url: new URL(`https://${name}`), cost };
}

/** Delays along great circles. */
export const DISTANCES: Distances = {
  oneWayMs(from, to) {
    const [one, other] = [CITIES[regionOf(from)]!, CITIES[regionOf(to)]!];
    return Math.round(INSIDE_MS + kilometres(one, other) / KM_PER_MS);
  },
};

function kilometres([lat1, lon1]: City, [lat2, lon2]: City): number {
  const radians = Math.PI / 180;
  const half = (degrees: number): number =>
    Math.sin(degrees * radians / 2) ** 2;
  const chord = half(lat2 - lat1) +
    Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * half(lon2 - lon1);
  return 2 * EARTH_KM * Math.asin(Math.sqrt(chord));
}
