/**
 * `deno task simulate`: 200 relays in 20 regions with the real relay, origin,
 * session and cluster code, in virtual time. Writes the plots of
 * docs/simulation.md and prints its figures.
 *
 * @module
 */
import { BroadcastProducer, type Clock, sleep } from "@moq-deno/lite";
import { type Node, World } from "../world.ts";
import {
  DISTANCES,
  leavesOf,
  peersOf,
  regionOf,
  REGIONS,
  relaysOf,
  VIEWERS,
  viewersPerLeaf,
} from "./geography.ts";
import { SteadyPublisher, SteadyViewer } from "./people.ts";
import { plotSvg } from "./plot.ts";

const IMAGES = new URL("../../../docs/images/", import.meta.url);
const HOME = "fra5";
const PATH = "world/cup";
// The longest route to a leaf: publisher, leaf, hub, hub.
const MAX_HOPS = 4;
const STORM = 20;
const LIMIT_MS = 3_600_000;

const world = new World({ distances: DISTANCES, maxHops: MAX_HOPS });
const { clock } = world;
const started = performance.now();

function print(line: string): void {
  const seconds = Math.round((performance.now() - started) / 1000);
  // deno-lint-ignore no-console
  console.log(`[${seconds} s] ${line}`);
}

function collected(): number {
  // Exists only with --expose-gc, which the task sets.
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  return Deno.memoryUsage().heapUsed;
}

function shown(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? NaN);
  return `half by ${at(0.5)} ms, all by ${at(1)} ms`;
}

/** Resolves with the times at which each relay learnt of `path`, or of its end. */
async function spread(
  path: string,
  { nodes, isThere }: {
    readonly nodes: Iterable<Node>;
    readonly isThere: boolean;
  },
): Promise<number[]> {
  const startMs = clock.now();
  return await Promise.all(
    [...nodes].map(async ({ relay }) => {
      const listing = relay.origin.scope().announced(path);
      for (;;) {
        while (listing.tryNext());
        if (Boolean(relay.origin.claims.best(path)) === isThere) break;
        await listing.changed();
      }
      listing.close();
      return clock.now() - startMs;
    }),
  );
}

/** Builds the cluster; returns bytes of memory per relay. */
async function build(): Promise<void> {
  const before = collected();
  for (const name of REGIONS.flatMap(relaysOf)) {
    world.node(name).cluster.assign("connect", peersOf(name));
  }
  const links = REGIONS.flatMap(relaysOf).flatMap(peersOf).length;
  const startMs = clock.now();
  while (connectedLinks() < links) await sleep(clock, 10);
  print(
    `${world.nodes.size} relays, ${links} links, all up after ${
      Math.round(clock.now() - startMs)
    } ms`,
  );
  await sleep(clock, 5000);
  const bytes = (collected() - before) / world.nodes.size;
  print(`memory per relay with its links: ${Math.round(bytes / 1024)} KiB`);
}

function connectedLinks(): number {
  return [...world.nodes.values()]
    .flatMap(({ cluster }) => cluster.report())
    .filter(({ state }) => state === "connected").length;
}

/** Announces a broadcast and ends it. */
async function announce(): Promise<readonly number[][]> {
  const client = world.client(`${regionOf(HOME)}-one`, HOME);
  await sleep(clock, 1000);
  const nodes = world.nodes.values().toArray();
  const broadcast = new BroadcastProducer();
  world.traffic.answers = 0;
  client.local.publish("one", broadcast);
  const came = await spread("one", { nodes, isThere: true });
  await sleep(clock, 5000);
  print(`announced: ${shown(came)}`);
  print(`messages for it: ${world.traffic.answers}`);
  world.traffic.answers = 0;
  broadcast.close();
  const went = await spread("one", { nodes, isThere: false });
  await sleep(clock, 5000);
  print(`withdrawn: ${shown(went)}`);
  print(`messages for that: ${world.traffic.answers}`);
  return [came, went];
}

/** Announces many broadcasts at once from all regions, and measures their memory. */
async function storm(): Promise<void> {
  const before = collected();
  world.traffic.answers = 0;
  const clients = REGIONS.map((region) =>
    world.client(`${region}-many`, leavesOf(region)[0]!)
  );
  await sleep(clock, 1000);
  const nodes = world.nodes.values().toArray();
  const broadcasts: BroadcastProducer[] = [];
  for (const [i, { local }] of clients.entries()) {
    for (let n = 0; n < STORM / REGIONS.length; n++) {
      const broadcast = new BroadcastProducer();
      broadcasts.push(broadcast);
      local.publish(`many/${i}/${n}`, broadcast);
    }
  }
  const startMs = clock.now();
  const isComplete = ({ relay }: Node): boolean =>
    [...relay.origin.paths()].length >= STORM;
  while (!nodes.every(isComplete)) await sleep(clock, 10);
  print(
    `${STORM} broadcasts at once: everywhere after ${
      Math.round(clock.now() - startMs)
    } ms, ${Math.round(world.traffic.answers / STORM)} messages each`,
  );
  await sleep(clock, 2000);
  const bytes = (collected() - before) / nodes.length / STORM;
  print(`memory per broadcast and relay: ${Math.round(bytes)} bytes`);
  for (const broadcast of broadcasts) broadcast.close();
  await sleep(clock, 5000);
}

/** The largest number of copies of the track that enter one region from outside. */
function copies(): number {
  const into = new Map<string, number>();
  for (const { name, relay } of world.nodes.values()) {
    for (const { hop, session } of relay.peers) {
      const other = nameOf(hop);
      // Subscriptions that the other end holds here.
      if (regionOf(other) === regionOf(name)) continue;
      const before = into.get(regionOf(other)) ?? 0;
      into.set(regionOf(other), before + session.stats.subscriptions);
    }
  }
  return Math.max(...into.values());
}

function nameOf(hop: bigint | undefined): string {
  for (const { name, relay } of world.nodes.values()) {
    if (relay.origin.hop === hop) return name;
  }
  return "";
}

interface Audience {
  readonly leaf: string;
  readonly viewer: SteadyViewer;
}

function audience(): readonly Audience[] {
  return REGIONS.flatMap((region) => {
    const leaves = leavesOf(region);
    return leaves.map((leaf, i) => {
      const homes = [...leaves.slice(i), ...leaves.slice(0, i)];
      const connection = world.client(`${region}-viewer${i}`, ...homes);
      return { leaf, viewer: new SteadyViewer(connection, PATH, clock) };
    });
  });
}

/** Kills a relay and resolves with every viewer's outage. */
async function lose(
  name: string,
  all: readonly Audience[],
): Promise<readonly number[]> {
  for (const { viewer } of all) viewer.begin();
  world.kill(name);
  await sleep(clock, 8000);
  const outages = all.map(({ viewer }) => viewer.longestMs);
  const hit = outages.filter((ms) => ms > 1000);
  print(
    `${name} killed: ${hit.length} of ${all.length} leaves without a picture, for at most ${
      Math.round(Math.max(...outages))
    } ms; copies into a region: ${copies()}`,
  );
  return hit;
}

async function watch(): Promise<readonly (readonly number[])[]> {
  const leaves = leavesOf(regionOf(HOME));
  const homes = [HOME, ...leaves.filter((leaf) => leaf !== HOME)];
  const client = world.client(`${regionOf(HOME)}-publisher`, ...homes);
  const publisher = new SteadyPublisher(client, { path: PATH, clock });
  await sleep(clock, 3000);
  const startMs = clock.now();
  const all = audience();
  await sleep(clock, 5000);
  const firsts = all.map(({ viewer }) => (viewer.firstMs ?? NaN) - startMs);
  print(`first picture after connecting: ${shown(firsts)}`);
  const ages = all.map(({ viewer }) => viewer.ageMs);
  print(`age of a picture on arrival: ${shown(ages)}`);
  print(
    `copies into a region: ${copies()}, of the publisher's: ${publisher.readers}`,
  );
  const counted = all.reduce(
    (sum, { leaf, viewer }) =>
      sum + (viewer.groups > 0 ? viewersPerLeaf(regionOf(leaf)) : 0),
    0,
  );
  print(`viewers served: ${Math.round(counted)} of ${VIEWERS}`);
  const hub = await lose("bom0", all);
  const home = await lose(`${regionOf(HOME)}0`, all);
  const leaf = await lose(HOME, all);
  publisher.stop();
  for (const { viewer } of all) viewer.stop();
  return [firsts, hub, home, leaf];
}

async function write(name: string, svg: string): Promise<void> {
  await Deno.writeTextFile(new URL(name, IMAGES), svg);
}

async function main(simulated: Clock): Promise<void> {
  await build();
  const [came = [], went = []] = await announce();
  await storm();
  const [firsts = [], hub = [], home = [], leaf = []] = await watch();
  await write(
    "simulation-announce.svg",
    plotSvg({
      title: "200 relays: who knows of a broadcast, and of its end",
      axis: "milliseconds since it was published or ended in Frankfurt",
      curves: [
        { name: "published", timesMs: came },
        { name: "ended", timesMs: went },
        { name: "first picture at a leaf", timesMs: firsts },
      ],
    }),
  );
  await write(
    "simulation-loss.svg",
    plotSvg({
      title: "A relay is killed: leaves that have a picture again",
      axis: "milliseconds without a picture, of those that were without",
      curves: [
        { name: "hub of the viewers", timesMs: hub },
        { name: "hub of the publisher", timesMs: home },
        { name: "the publisher's own", timesMs: leaf },
      ],
    }),
  );
  print(`${Math.round(simulated.now() / 1000)} s of virtual time`);
}

await clock.run(main(clock), { limitMs: LIMIT_MS });
Deno.exit(0); // Skips the orderly end of 200 relays.
