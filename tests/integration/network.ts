/**
 * A relay in memory: one origin, and a session of each side for every peer.
 * Scenarios run on it once per draft and transport.
 *
 * @module
 */
import {
  type Clock,
  memoryPair,
  openSession,
  Origin,
  protocolOf,
  type Session,
  type SessionOptions,
  type SessionScopes,
  type Transport,
  type Version,
} from "@moq-deno/lite";

/** How the peers of a network are connected. */
export interface NetworkOptions {
  /** The draft both sides speak. */
  readonly version: Version;
  /** Makes a connection. Default in memory. */
  readonly pair?: ((protocol: string) => [Transport, Transport]) | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
}

/** A relay and its peers. */
export class Network {
  /** The relay's origin. */
  readonly origin: Origin;
  /** All sessions, both sides. */
  readonly sessions: Session[] = [];
  readonly #options: NetworkOptions;

  /** A relay without peers. */
  constructor(options: NetworkOptions) {
    this.#options = options;
    this.origin = new Origin({ clock: options.clock });
  }

  /** A client of the relay. */
  connect(
    options: SessionOptions & Partial<SessionScopes> & {
      readonly version?: Version;
    } = {},
  ): Session {
    const { clock, pair = inMemory } = this.#options;
    const protocol = protocolOf(options.version ?? this.#options.version);
    const [client, server] = pair(protocol);
    const { origin } = this;
    this.sessions.push(openSession(server, {
      hop: origin.hop,
      cache: origin.cache,
      clock,
      publish: origin.scope(),
      subscribe: origin.scope(),
    }));
    const session = openSession(client, { clock, ...options });
    this.sessions.push(session);
    return session;
  }

  /** Ends everything and waits until it has ended. */
  async close(): Promise<void> {
    for (const session of this.sessions) session.close();
    await Promise.all(this.sessions.map((session) => session.closed));
  }
}

function inMemory(protocol: string): [Transport, Transport] {
  return memoryPair({ protocol });
}
