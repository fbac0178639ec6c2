/**
 * The links to the relays that this one dials. Each is dialled again when it
 * is lost. If two relays dial each other, or one relay has two names, one link
 * is kept and the other is on standby. A link is a session like any other; the
 * hops in announcements keep routes free of loops in any graph.
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
  asMoqError,
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
  /** The path for SETUP, if the connection itself has none. */
  readonly path?: string | undefined;
  /** The transport. Default raw QUIC. */
  readonly kind?: SessionKind["transport"] | undefined;
}

/** Dials relays. */
export interface PeerDialer {
  /** Opens one connection; throws `MoqError` when that fails. */
  dial(peer: ClusterPeer, signal: AbortSignal): Promise<DialledPeer>;
}

/** Options of {@linkcode Cluster}. */
export interface ClusterOptions {
  /** Dials the relays. */
  readonly dialer: PeerDialer;
  /** Clock for waits between attempts. */
  readonly clock: Clock;
  /** Logs changes of links. */
  readonly log: Logger;
}

/** The state of a link, for people. */
export interface LinkReport {
  /** The peer's URL, without token. */
  readonly node: string;
  /** `standby` means that another session with the same relay is in use. */
  readonly state: "connecting" | "connected" | "waiting" | "standby" | "closed";
  /** The peer's hop id, once known. */
  readonly hop: string | undefined;
  /** How often the link was connected. */
  readonly connects: number;
  /** Since when the link is connected, or is not, in ISO 8601. */
  readonly since: string;
  /** Why it is not connected; absent while it is. */
  readonly error: string | undefined;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2000;
// A relay is dialled every two seconds. Its failure is repeated in the log less often.
const REMIND_MS = 60_000;

/** The links of one relay. */
export class Cluster {
  readonly #relay: Relay;
  readonly #options: ClusterOptions;
  readonly #lists: Map<string, readonly ClusterPeer[]> = new Map();
  readonly #links: Map<string, Link> = new Map();
  // Sessions that links made and no longer need.
  #pastConnects = 0;
  #isClosed = false;

  /** A cluster without links; {@linkcode Cluster.assign} adds them. */
  constructor(relay: Relay, options: ClusterOptions) {
    this.#relay = relay;
    this.#options = options;
  }

  /** Replaces the list called `source` by `peers`. Dials new peers, and closes the links of peers that are on no list any more. */
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

  /** How many links were made so far. */
  get connects(): number {
    let connects = this.#pastConnects;
    for (const link of this.#links.values()) connects += link.connects;
    return connects;
  }

  /** The state of every link. */
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

// A peer with a changed cost or token is a different one.
function keyOf({ url, cost, address }: ClusterPeer): string {
  return `${url.href} ${cost} ${address}`;
}

/** The link to one peer. */
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
  #since = new Date();
  #error: string | undefined;
  #warned: string | undefined;
  #warnedMs = -Infinity;
  readonly #clock: Clock;

  constructor(
    peer: ClusterPeer,
    relay: Relay,
    { dialer, clock, log }: ClusterOptions,
  ) {
    this.#peer = peer;
    this.#relay = relay;
    this.#dialer = dialer;
    this.#clock = clock;
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
      since: this.#since.toISOString(),
      error: this.#error,
    };
  }

  /** A session with the peer, unless another link reaches the same relay. */
  async dial({ signal }: { readonly signal: AbortSignal }): Promise<Session> {
    try {
      return await this.#dial(signal);
    } catch (error) {
      if (!signal.aborted) this.#failed("peer not reached", asMoqError(error));
      throw error;
    }
  }

  async #dial(signal: AbortSignal): Promise<Session> {
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
      const { host: remote } = this.#peer.url;
      this.#relay.link(session, { hop, transport: kind, remote });
      this.#connects++;
      this.#since = new Date();
      this.#error = undefined;
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
    if (this.#ending.signal.aborted) return;
    this.#since = new Date();
    const why = "Peer closed the session";
    this.#failed("peer lost", error ?? new MoqError("closed", why));
  }

  /** Warns of a failure, and of the same one again once a minute. */
  #failed(message: string, { code, message: reason }: MoqError): void {
    // Another session with the same relay is in use, or was until now.
    if (code === "cancelled") return;
    const now = this.#clock.now();
    const isNew = reason !== this.#warned || now - this.#warnedMs >= REMIND_MS;
    const say = isNew ? this.#log.warn : this.#log.debug;
    if (isNew) this.#warnedMs = now;
    [this.#warned, this.#error] = [reason, reason];
    const since = this.#since.toISOString();
    say?.(message, { code, reason, since });
  }

  #whyNot(hop: bigint | undefined): string | undefined {
    if (hop === undefined) return undefined;
    if (hop === this.#relay.origin.hop) return "it is this relay itself";
    return this.#twinOf(hop) && "it is linked already";
  }

  /** The other session with the relay `hop` that should stay: the one that another link or the relay itself made first, or, of two relays that dial each other, the one of the smaller hop id. */
  #twinOf(hop: bigint, own?: Session): PeerRelay | undefined {
    const isOurs = this.#relay.origin.hop < hop;
    return [...this.#relay.peers].find((peer) =>
      peer.hop === hop && peer.session !== own &&
      (peer.isDialled ? own === undefined : !isOurs)
    );
  }

  /** Waits until no other session reaches the relay. Returns the error to throw then. */
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

  /** Ends our session when the same relay has dialled us and its session is the one to keep. */
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
