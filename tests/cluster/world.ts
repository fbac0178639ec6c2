/**
 * Relays in one process and in virtual time: the real `Relay` and `Cluster`,
 * connected by lines that have a delay and can go silent.
 *
 * @module
 */
import {
  Connection,
  MoqError,
  openSession,
  type Session,
  sleep,
} from "@moq-deno/lite";
import { SILENT } from "@moq-deno/lite/internal";
import { VirtualClock } from "@moq-deno/lite/testing";
import type { Transport } from "@moq-deno/lite/transport";
import type { Authorizer, Grant } from "../../relay/auth/auth.ts";
import {
  Cluster,
  type DialledPeer,
  type PeerDialer,
} from "../../relay/cluster/cluster.ts";
import type { ClusterPeer } from "../../relay/cluster/peer.ts";
import { Relay } from "../../relay/relay.ts";
import { Line, type Traffic } from "./line.ts";

/** Delays between relays and clients. */
export interface Distances {
  /** Delay from one relay or client to another, in milliseconds. */
  oneWayMs(from: string, to: string): number;
}

/** Options of {@linkcode World}. */
export interface WorldOptions {
  /** Delays between two relays, or a client and its relay. Default 20 ms everywhere. */
  readonly distances?: Distances | undefined;
  /** `cluster.linger`. Default 5 s. */
  readonly lingerMs?: number | undefined;
  /** `cluster.warm`. Default off. */
  readonly warmMs?: number | undefined;
  /** `cluster.max_hops`. Default 32. */
  readonly maxHops?: number | undefined;
}

/** Default of `cluster.idle_timeout`. */
export const IDLE_TIMEOUT_MS = 2000;
/** How long after its last message a silent peer counts as lost: one keep-alive, then the timeout. */
const SILENCE_MS = 2500;

/** Allows everything; a peer that dials as a relay is treated as one. */
class OpenDoor implements Authorizer {
  grant({ query }: { readonly query: string }): Promise<Grant> {
    const isRelay = query === "peer";
    return Promise.resolve({
      root: "",
      publish: ["**"],
      subscribe: ["**"],
      isRelay,
    });
  }
}

/** One relay and the links that it made. */
export class Node {
  /** Its name, which is also its host. */
  readonly name: string;
  /** The relay. */
  readonly relay: Relay;
  /** Its links. */
  readonly cluster: Cluster;
  /** Whether it was killed. */
  isDead = false;

  /** Use {@linkcode World.node}. */
  constructor(
    name: string,
    options: { readonly world: World; readonly hop: bigint },
  ) {
    const { world, hop } = options;
    const { clock, lingerMs, warmMs, maxHops } = world;
    const limits = { hops: maxHops };
    this.name = name;
    this.relay = new Relay({
      authorizer: new OpenDoor(),
      hop,
      lingerMs,
      warmMs,
      limits,
      clock,
    });
    const dialer: PeerDialer = {
      dial: (peer, signal) => world.dial(this, peer, signal),
    };
    this.cluster = new Cluster(this.relay, { dialer, clock, log: SILENT });
  }
}

/** The line between two names, for cutting it. */
interface Strung {
  readonly line: Line;
  readonly from: string;
  readonly to: string;
}

/** All relays and the lines between them. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  /** The relays by name. */
  readonly nodes: Map<string, Node> = new Map();
  /** `cluster.linger`. */
  readonly lingerMs: number;
  /** `cluster.warm`. */
  readonly warmMs: number | undefined;
  /** `cluster.max_hops`. */
  readonly maxHops: number;
  /** What passed over all lines. */
  readonly traffic: Traffic = { answers: 0 };
  readonly #distances: Distances;
  readonly #lines: Set<Strung> = new Set();
  readonly #walls: Set<string> = new Set();
  readonly #clients: Set<Connection | Session> = new Set();
  #hops = 100n;

  constructor({ distances, lingerMs, warmMs, maxHops }: WorldOptions = {}) {
    this.warmMs = warmMs;
    this.maxHops = maxHops ?? 32;
    this.#distances = distances ?? { oneWayMs: () => 20 };
    this.lingerMs = lingerMs ?? 5000;
  }

  /** Starts a relay that dials `others`. */
  node(name: string, ...others: readonly string[]): Node {
    const node = new Node(name, { world: this, hop: this.#hops++ });
    this.nodes.set(name, node);
    node.cluster.assign("connect", others.map(peerNamed));
    return node;
  }

  /** The relay of that name. */
  at(name: string): Node {
    const node = this.nodes.get(name);
    if (!node) throw new TypeError(`Expected a relay, got ${name}`);
    return node;
  }

  /** A connection from one relay or client to another. */
  async dial(
    from: Node,
    { url }: ClusterPeer,
    signal: AbortSignal,
  ): Promise<DialledPeer> {
    const to = url.hostname;
    const transport = await this.#reach(from.name, {
      to,
      query: "peer",
      signal,
    });
    return { transport };
  }

  /** A client that connects to the first of `homes`, and to the next whenever its session is lost. */
  client(name: string, ...homes: readonly string[]): Connection {
    const { clock } = this;
    let dials = 0;
    const connection: Connection = new Connection({
      dial: async (options) => {
        const to = homes[dials++ % homes.length]!;
        const { signal } = options;
        const transport = await this.#reach(name, { to, query: "", signal });
        return openSession(transport, { ...options, clock });
      },
    }, { clock, initialDelayMs: 100, maxDelayMs: 500 });
    this.#clients.add(connection);
    return connection;
  }

  async #reach(
    from: string,
    { to, query, signal }: {
      readonly to: string;
      readonly query: string;
      readonly signal: AbortSignal;
    },
  ): Promise<Transport> {
    const node = this.nodes.get(to);
    const isDeaf = this.nodes.get(from)?.isDead;
    if (!node || node.isDead || isDeaf || this.#walls.has(wall(from, to))) {
      await sleep(this.clock, SILENCE_MS, signal);
      throw new MoqError("transport", `No relay answers at ${to}`);
    }
    const oneWayMs = this.#distances.oneWayMs(from, to);
    await sleep(this.clock, 2 * oneWayMs, signal); // the handshake
    const line = new Line({
      clock: this.clock,
      oneWayMs,
      traffic: this.traffic,
      idleTimeoutMs: SILENCE_MS,
      reliableReset: query !== "peer",
    });
    const strung = { line, from, to };
    this.#lines.add(strung);
    line.near.closed.then(() => this.#lines.delete(strung));
    void node.relay.accept({ // never rejects
      transport: "webtransport",
      target: `/?${query}`,
      serverName: to,
      protocol: line.far.protocol,
      accept: () => Promise.resolve(line.far),
      refuse: (error) => line.far.close(0, error.message),
    });
    return line.near;
  }

  /** Kills a relay: it goes silent towards all peers. */
  kill(name: string): void {
    this.at(name).isDead = true;
    for (const { line, from, to } of this.#lines) {
      if (from === name || to === name) line.cut();
    }
  }

  /** Blocks the line between two relays, or opens it again. */
  setWall(one: string, other: string, isUp: boolean): void {
    const key = wall(one, other);
    if (!isUp) return void this.#walls.delete(key);
    this.#walls.add(key);
    for (const { line, from, to } of this.#lines) {
      if (wall(from, to) === key) line.cut();
    }
  }

  /** Closes everything and waits until it has ended. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all([...this.#clients].map((client) => client.closed));
    const nodes = [...this.nodes.values()];
    await Promise.all(nodes.map(({ cluster }) => cluster.close()));
    await Promise.all(nodes.map(({ relay }) => relay.drain(0)));
  }
}

/** A test with its own world. */
export function clusterTest(
  name: string,
  run: (world: World) => Promise<void>,
  options: WorldOptions = {},
): void {
  Deno.test(name, async () => {
    const world = new World(options);
    try {
      await world.clock.run(run(world));
    } finally {
      await world.clock.run(world.close());
    }
  });
}

/** The relay of that name as an entry of a list of peers. */
export function peerNamed(name: string): ClusterPeer {
  return { url: new URL(`https://${name}`) };
}

function wall(one: string, other: string): string {
  return [one, other].sort().join("|");
}
