/**
 * A relay in one process: one origin, and for every peer a session on each side,
 * in virtual time. Scenarios run on it once per draft and kind of connection.
 *
 * @module
 */
import {
  openSession,
  Origin,
  protocolOf,
  type Session,
  type SessionOptions,
  type Version,
} from "@moq-deno/lite";
import type { SessionScopes } from "@moq-deno/lite/internal";
import { memoryPair } from "@moq-deno/lite/testing";
import type { Transport } from "@moq-deno/lite/transport";
import { simulatedPair } from "../../lite/transport/simulated.ts";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";

/** The conditions a scenario runs under. */
export interface World {
  /** Part of the test's name. */
  readonly name: string;
  /** The draft of peers that do not choose one. */
  readonly version: Version;
  /** Whether a reset differs from an early FIN. */
  readonly reliableReset: boolean;
  /** Whether the connections have delay and loss. */
  readonly isSimulated: boolean;
}

const DRAFTS: readonly Version[] = ["06", "05", "04", "03"];

/** Every draft over every kind of connection. */
export const WORLDS: readonly World[] = DRAFTS.flatMap((version) =>
  [
    { kind: "resets", reliableReset: true, isSimulated: false },
    { kind: "FIN for reset", reliableReset: false, isSimulated: false },
    { kind: "lossy path", reliableReset: false, isSimulated: true },
  ].map(({ kind, ...world }) => ({
    name: `draft ${version}, ${kind}`,
    version,
    ...world,
  }))
);

/** How a client connects: its draft, its scopes and its session's options. */
export interface ClientOptions extends SessionOptions, Partial<SessionScopes> {
  /** Its draft. Default the world's. */
  readonly version?: Version | undefined;
}

/** A peer of the relay. */
export interface Client {
  /** The client's end. */
  readonly session: Session;
  /** The relay's end. */
  readonly relay: Session;
  /** Loses the connection silently. */
  lose(): void;
}

/** A relay and its peers. */
export class Network {
  readonly clock: VirtualClock = new VirtualClock();
  /** The relay's origin. */
  readonly origin: Origin = new Origin({ clock: this.clock });
  readonly world: World;
  /** All sessions, both sides. */
  readonly sessions: Session[] = [];
  #connections = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Connects a client to the relay. */
  connect(options: ClientOptions = {}): Client {
    const losing = new AbortController();
    const version = options.version ?? this.world.version;
    const [near, far] = this.#pair(protocolOf(version), losing.signal);
    const { clock, origin } = this;
    const relay = openSession(far, {
      hop: origin.hop,
      cache: origin.cache,
      clock,
      readable: origin.scope(),
      writable: origin.scope(),
    });
    const session = openSession(near, { clock, ...options });
    this.sessions.push(relay, session);
    return { session, relay, lose: () => losing.abort() };
  }

  #pair(protocol: string, signal: AbortSignal): [Transport, Transport] {
    const { reliableReset, isSimulated } = this.world;
    const { clock } = this;
    const seed = ++this.#connections;
    const path = { clock, seed, loss: 0.03, bandwidthBps: 5_000_000 };
    const options = { protocol, signal, reliableReset };
    return isSimulated
      ? simulatedPair({ ...options, ...path })
      : memoryPair(options);
  }

  /** Resolves when the relay knows of `path`. */
  async announced(path: string): Promise<void> {
    for await (const event of this.origin.announced()) {
      if (event.path === path && event.kind !== "end") return;
    }
  }

  /** Resolves when the relay no longer knows of `path`. */
  async retracted(path: string): Promise<void> {
    for await (const event of this.origin.announced()) {
      if (event.path === path && event.kind === "end") return;
    }
  }

  /** Closes everything and waits until it has ended. */
  async close(): Promise<void> {
    for (const session of this.sessions) session.close();
    await Promise.all(this.sessions.map((session) => session.closed));
  }
}

/** A test of `run` in every world that `suits` accepts. */
export function scenario(
  name: string,
  run: (net: Network) => Promise<void>,
  suits: (world: World) => boolean = () => true,
): void {
  for (const world of WORLDS.filter(suits)) {
    Deno.test(`${name} (${world.name})`, async () => {
      const net = new Network(world);
      try {
        await net.clock.run(run(net));
      } finally {
        await net.clock.run(net.close());
      }
    });
  }
}
