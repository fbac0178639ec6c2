/**
 * Measures what it costs relays to forget a broadcast: the messages until all are
 * quiet, and the time, when its publisher ends it and when the publisher's relay
 * is killed. Run it for the figures of docs/simulation.md.
 *
 * @module
 */
import { BroadcastProducer, sleep } from "@moq-deno/lite";
import { type Distances, World } from "../world.ts";
import { DISTANCES, peersOf, REGIONS, relaysOf } from "./geography.ts";

/** A graph of relays, and where the publisher is. */
export interface Graph {
  readonly name: string;
  /** The publisher's relay. */
  readonly home: string;
  /** Delays between its relays. Default 20 ms each. */
  readonly distances?: Distances | undefined;
  build(world: World): void;
}

/** The result of one measurement. */
export interface Outcome {
  /** Messages until all relays were quiet. */
  readonly messages: number;
  /** When the last message was sent, in milliseconds. */
  readonly quietMs: number;
  /** When the last relay knew of the end, in milliseconds. */
  readonly goneMs: number;
  /** Whether messages were still sent when counting stopped. */
  readonly isEndless: boolean;
}

/** How a broadcast ends. */
export type Manner = "ended" | "killed";

const PATH = "live";
const POLL_MS = 20;
/** Longer than any delay between two messages of a relay. */
const QUIET_MS = 10_000;
const MANY_MESSAGES = 200_000;
const LIMIT_MS = 600_000;

/** Relays in a circle, each dialling the next. */
export function ring(count: number): Graph {
  const names = Array.from({ length: count }, (_, i) => `r${i}`);
  return {
    name: `ring of ${count}`,
    home: "r0",
    build(world) {
      for (const [i, name] of names.entries()) {
        world.node(name, names[(i + 1) % count]!);
      }
    },
  };
}

/** Relays that all dial each other. */
export function mesh(count: number): Graph {
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  return {
    name: `mesh of ${count}`,
    home: "m0",
    build(world) {
      for (const [i, name] of names.entries()) {
        world.node(name, ...names.slice(0, i));
      }
    },
  };
}

/** A mesh where each relay has a leaf; the publisher's leaf dials them all. */
export function hubs(count: number): Graph {
  const names = Array.from({ length: count }, (_, i) => `h${i}`);
  return {
    name: `mesh of ${count} behind the publisher's relay`,
    home: "home",
    build(world) {
      for (const [i, name] of names.entries()) {
        world.node(name, ...names.slice(0, i));
      }
      for (const name of names) world.node(`leaf-${name}`, name);
      world.node("home", ...names);
    },
  };
}

/** The regions of docs/simulation.md. */
export function regions(count: number): Graph {
  const chosen = REGIONS.slice(0, count);
  return {
    name: `${count} regions, ${count * relaysOf("fra").length} relays`,
    home: "fra5",
    distances: DISTANCES,
    build(world) {
      for (const name of chosen.flatMap(relaysOf)) {
        world.node(name).cluster.assign("connect", peersOf(name));
      }
    },
  };
}

/** Publishes, waits until all relays know, ends the broadcast, and counts. */
export async function measure(
  graph: Graph,
  { manner, maxHops }: {
    readonly manner: Manner;
    readonly maxHops?: number | undefined;
  },
): Promise<Outcome> {
  const { distances } = graph;
  const world = new World({ distances, maxHops });
  return await world.clock.run(run(world, graph, manner), {
    limitMs: LIMIT_MS,
  });
}

async function run(
  world: World,
  graph: Graph,
  manner: Manner,
): Promise<Outcome> {
  const { clock, traffic } = world;
  graph.build(world);
  await sleep(clock, 10_000);
  const client = world.client("fra-publisher", graph.home);
  const broadcast = new BroadcastProducer();
  client.local.publish(PATH, broadcast);
  await sleep(clock, 10_000);
  for (const { name, relay } of world.nodes.values()) {
    if (!relay.origin.claims.best(PATH)) {
      throw new Error(`${name} did not get the announcement`);
    }
  }
  traffic.answers = 0;
  const startMs = clock.now();
  if (manner === "ended") broadcast.close();
  else {
    client.close();
    world.kill(graph.home);
  }
  let counted = 0;
  let quietMs = 0;
  let goneMs = 0;
  let isEndless = false;
  while (clock.now() - startMs < quietMs + QUIET_MS && !isEndless) {
    await sleep(clock, POLL_MS);
    const nowMs = clock.now() - startMs;
    const left = [...world.nodes.values()].some(({ isDead, relay }) =>
      !isDead && relay.origin.claims.best(PATH)
    );
    if (left) goneMs = nowMs;
    if (traffic.answers !== counted) quietMs = nowMs;
    counted = traffic.answers;
    isEndless = counted > MANY_MESSAGES;
  }
  return { messages: counted, quietMs, goneMs, isEndless };
}

if (import.meta.main) {
  const [hops] = Deno.args;
  const maxHops = hops === undefined ? undefined : Number(hops);
  for (
    const graph of [ring(8), mesh(8), hubs(8), regions(8), regions(20)]
  ) {
    for (const manner of ["ended", "killed"] as const) {
      const started = performance.now();
      const outcome = await measure(graph, { manner, maxHops });
      const seconds = Math.round((performance.now() - started) / 1000);
      // deno-lint-ignore no-console
      console.log(graph.name, manner, JSON.stringify(outcome), `${seconds} s`);
    }
  }
  Deno.exit(0); // Skips the orderly end of all relays.
}
