/**
 * The relays that this one dials: a link each, made again whenever it is lost.
 * Where relays dial each other, or one goes by two names, one link is kept and
 * the other stands by. A peer is a session like any other; what makes a graph
 * of relays safe are the hops in announcements.
 *
 * @module
 */
import {
  type Clock,
  Connection,
  type Logger,
  MoqError,
  type Session,
} from "@moq-deno/lite";
import {
  childLogger,
  type SessionDialer,
  type Setup,
} from "@moq-deno/lite/internal";
import type { Transport } from "@moq-deno/lite/transport";
import { type ClusterPeer, peerName } from "./peer.ts";
import type { PeerRelay } from "./peers.ts";
import type { Relay } from "../relay.ts";
import type { SessionKind } from "../metrics/stats.ts";

/** A connection to another relay, without a session. */
export interface DialledPeer {
  /** The connection. */
  readonly transport: Transport;
  /** What SETUP says of where it leads, where the connection does not. */
  readonly path?: string | undefined;
  /** What it runs over. Default raw QUIC. */
  readonly kind?: SessionKind["transport"] | undefined;
}

/** Makes connections. */
export interface PeerDialer {
  /** One connection; throws `MoqError` when that fails. */
  dial(peer: ClusterPeer, signal: AbortSignal): Promise<DialledPeer>;
}

/** Options of {@linkcode Cluster}. */
export interface ClusterOptions {
  /** Makes connections. */
  readonly dialer: PeerDialer;
  /** Time. */
  readonly clock: Clock;
  /** Hears of links. */
  readonly log: Logger;
}

/** How a link is doing, for people. */
export interface LinkReport {
  /** The peer's URL, without token. */
  readonly node: string;
  /** What it is doing; `standby` while the same relay is reached otherwise. */
  readonly state: "connecting" | "connected" | "waiting" | "standby" | "closed";
  /** The peer's hop id, once it is known. */
  readonly hop: string | undefined;
  /** How often it connected. */
  readonly connects: number;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2000;

/** The links of one relay. */
export class Cluster {
  readonly #relay: Relay;
  readonly #options: ClusterOptions;
  readonly #lists: Map<string, readonly ClusterPeer[]> = new Map();
  readonly #links: Map<string, Link> = new Map();
  // Made by links that are not wanted any more.
  #pastConnects = 0;
  #isClosed = false;

  /** Nobody is dialled yet. */
  constructor(relay: Relay, options: ClusterOptions) {
    this.#relay = relay;
    this.#options = options;
  }

  /** Dials these peers of the list called `source`, and no longer those that were on it before and are on none now. */
  assign(source: string, peers: readonly ClusterPeer[]): void {
    if (this.#isClosed) return;
    this.#lists.set(source, peers);
    const wanted = new Map(
      [...this.#lists.values()].flat().map((peer) => [keyOf(peer), peer]),
    );
    for (const [key, link] of this.#links) {
      if (wanted.has(key)) continue;
      this.#links.delete(key);
      this.#pastConnects += link.connects;
      link.close();
    }
    for (const [key, peer] of wanted) {
      if (this.#links.has(key)) continue;
      this.#links.set(key, new Link(peer, this.#relay, this.#options));
    }
  }

  /** How often a link was made so far. */
  get connects(): number {
    let connects = this.#pastConnects;
    for (const link of this.#links.values()) connects += link.connects;
    return connects;
  }

  /** How the links are doing. */
  report(): readonly LinkReport[] {
    return [...this.#links.values()].map((link) => link.report());
  }

  /** Ends every link; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.close();
    await Promise.all(links.map((link) => link.closed));
  }
}

// A peer whose price or token changed is another one.
function keyOf({ url, cost, address }: ClusterPeer): string {
  return `${url.href} ${cost} ${address}`;
}

/** One peer that is dialled. */
class Link implements SessionDialer {
  /** Resolves when it has ended; never rejects. */
  readonly closed: Promise<void>;
  readonly #peer: ClusterPeer;
  readonly #relay: Relay;
  readonly #dialer: PeerDialer;
  readonly #log: Logger;
  readonly #ending = new AbortController();
  readonly #connection: Connection;
  #hop: bigint | undefined;
  #isStandby = false;
  #connects = 0;

  constructor(
    peer: ClusterPeer,
    relay: Relay,
    { dialer, clock, log }: ClusterOptions,
  ) {
    this.#peer = peer;
    this.#relay = relay;
    this.#dialer = dialer;
    this.#log = childLogger(log, { peer: peerName(peer) });
    this.#connection = new Connection(this, {
      origin: relay.origin,
      initialDelayMs: FIRST_RETRY_MS,
      maxDelayMs: LONGEST_RETRY_MS,
      retriesRefusals: true,
      clock,
      log: this.#log,
    });
    this.closed = Promise.all([
      this.#connection.closed,
      this.#runTwins(),
    ]).then(() => {});
  }

  get connects(): number {
    return this.#connects;
  }

  close(): void {
    this.#ending.abort(new MoqError("closed", "Link is no longer needed"));
    this.#connection.close();
  }

  report(): LinkReport {
    const { state } = this.#connection.status;
    return {
      node: peerName(this.#peer),
      state: this.#isStandby ? "standby" : state,
      hop: this.#hop?.toString(),
      connects: this.#connects,
    };
  }

  /** One session with a relay that is reached in no other way. */
  async dial({ signal }: { readonly signal: AbortSignal }): Promise<Session> {
    const { transport, path, kind = "quic" } = await this.#dialer.dial(
      this.#peer,
      signal,
    );
    const setup: Omit<Setup, "hop"> = { path, cost: this.#peer.cost };
    const session = this.#relay.open(transport, { setup, log: this.#log });
    try {
      const { hop } = await session.peer;
      this.#hop = hop;
      const why = this.#whyNot(hop);
      if (why) throw await this.#standBy(session, why);
      this.#relay.link(session, { hop, transport: kind });
      this.#connects++;
      this.#log.info?.("peer connected", { hop: hop?.toString() });
      session.closed.then((error) => this.#lost(error));
      return session;
    } catch (error) {
      session.close();
      await session.closed;
      throw error;
    }
  }

  #lost(error: MoqError | undefined): void {
    if (!error || this.#ending.signal.aborted) return;
    const { code, message: reason } = error;
    this.#log.warn?.("peer lost", { code, reason });
  }

  #whyNot(hop: bigint | undefined): string | undefined {
    if (hop === undefined) return undefined;
    if (hop === this.#relay.origin.hop) return "it is this relay itself";
    return this.#twinOf(hop) && "it is linked already";
  }

  /** The other session with the relay `hop` that is to stay: the one that somebody else dialled here first, or of two relays that dial each other the one of the smaller hop id. */
  #twinOf(hop: bigint, own?: Session): PeerRelay | undefined {
    const isOurs = this.#relay.origin.hop < hop;
    return [...this.#relay.peers].find((peer) =>
      peer.hop === hop && peer.session !== own &&
      (peer.isDialled ? own === undefined : !isOurs)
    );
  }

  /** Waits until the relay is reached in no other way; what to throw then. */
  async #standBy(session: Session, why: string): Promise<MoqError> {
    session.close();
    this.#log.info?.("peer not needed", { why });
    this.#isStandby = true;
    const { latch } = this.#relay.peers;
    const { signal } = this.#ending;
    const release = latch.wakeOn(signal);
    while (!signal.aborted && this.#whyNot(this.#hop)) await latch.changed();
    release();
    this.#isStandby = false;
    return new MoqError("cancelled", `Link was on standby: ${why}`);
  }

  /** Ends a session of ours when the same relay has dialled us meanwhile and its session is the one to stay. */
  async #runTwins(): Promise<void> {
    const { latch } = this.#relay.peers;
    const { signal } = this.#ending;
    const release = latch.wakeOn(signal);
    while (!signal.aborted) {
      const { session } = this.#connection;
      const hop = this.#hop;
      if (session && hop !== undefined && this.#twinOf(hop, session)) {
        session.close();
      }
      await latch.changed();
    }
    release();
  }
}
