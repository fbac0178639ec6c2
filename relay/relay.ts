/**
 * THE file: a relay is one origin shared by a session per peer. Read from top
 * to bottom, it is the life of a session: accept, authorize, negotiate, serve, end,
 * drain. Everything else in this folder is policy around it.
 *
 * ```ts
 * import { PublicAuth, Relay } from "./mod.ts";
 *
 * const relay = new Relay({
 *   authorizer: new PublicAuth({ publish: ["**"], subscribe: ["**"] }),
 * });
 * // for await (const peer of listener) relay.accept(peer);
 * await relay.drain(0);
 * ```
 *
 * @module
 */
import {
  Cache,
  type CacheOptions,
  type Clock,
  type Logger,
  MoqError,
  Origin,
  Session,
  type SessionOptions,
  systemClock,
} from "@moq-deno/lite";
import {
  acceptInBand,
  asMoqError,
  childLogger,
  deadline,
  type InBandAgreement,
  needsInBand,
  sessionCodeOf,
  type SessionLimits,
  type SessionScopes,
  type Setup,
  SILENT,
} from "@moq-deno/lite/internal";
import type { Transport } from "@moq-deno/lite/transport";
import {
  atTime,
  type Authorizer,
  type Grant,
  type IncomingPeer,
  patternFilter,
  splitTarget,
} from "./auth/auth.ts";
import { Peers } from "./cluster/peers.ts";
import { RelayStats, type SessionKind } from "./metrics/stats.ts";
import { factsOf, SessionList } from "./sessions.ts";

/** Limits of a {@linkcode Relay}. */
export interface RelayLimits extends SessionLimits {
  /** Concurrent sessions. Default 10,000. */
  readonly sessions?: number;
}

/** Options of {@linkcode Relay}. */
export interface RelayOptions {
  /** Decides who may do what. */
  readonly authorizer: Authorizer;
  /** This relay's hop id in a cluster. Default random. */
  readonly hop?: bigint | undefined;
  /** How long a broadcast stays announced after its publisher's connection was lost, in milliseconds. Default 0. */
  readonly lingerMs?: number | undefined;
  /** How long after its last reader a broadcast is advertised as already carried here, in milliseconds. Default: never. */
  readonly warmMs?: number | undefined;
  /** Size of the group cache, and how long groups are kept. */
  readonly cache?: Omit<CacheOptions, "clock"> | undefined;
  /** Limits per session and in total. */
  readonly limits?: RelayLimits | undefined;
  /** Timeout for a peer's SETUP, in milliseconds. Default 10 s. */
  readonly setupTimeoutMs?: number | undefined;
  /** Where log messages go. Default: none are written. */
  readonly log?: Logger | undefined;
  /** Clock for timers. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** A peer on its way in. */
interface Arrival {
  /** Its number in the log. */
  readonly number: number;
  readonly peer: IncomingPeer;
  /** Its grant, unless that has to wait for SETUP. */
  readonly grant: Grant | undefined;
  readonly log: Logger;
}

// Another relay acts for all of its publishers and viewers.
const PEER_LIMITS: SessionLimits = {
  subscriptions: 100_000,
  announcements: 100_000,
  isRelay: true,
};
// Longer than all relays need to notice that one is lost; each notices at a different time.
const SETTLE_MS = 1000;
const DEFAULT_SESSIONS = 10_000;
const DEFAULT_SETUP_MS = 10_000;

/** Connects publishers and viewers; it knows nothing about media. */
export class Relay {
  /** All broadcasts, from every publisher. */
  readonly origin: Origin;
  /** The sessions with other relays. */
  readonly peers: Peers = new Peers();
  /** Counters since the start. */
  readonly stats: RelayStats = new RelayStats();
  /** The sessions being served, for operators. */
  readonly list: SessionList = new SessionList();
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sessions: Set<Session> = new Set();
  readonly #grants: Map<Session, Grant> = new Map();
  #accepted = 0;
  #number = 0;
  #isDraining = false;

  /** A relay without sessions. */
  constructor(options: RelayOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? SILENT;
    const { hop, lingerMs, warmMs } = options;
    const clock = this.#clock;
    const cache = new Cache({ ...options.cache, clock });
    const settleMs = SETTLE_MS;
    this.origin = new Origin({ hop, lingerMs, warmMs, settleMs, cache, clock });
  }

  /** Whether no more peers are accepted. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** The current sessions. */
  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  /** The grants of the sessions being served: `isRelay` and `tier` are in them. */
  get grants(): ReadonlyMap<Session, Grant> {
    return this.#grants;
  }

  /** Accepts a peer, serves it, and returns when it has left. Never throws. */
  async accept(peer: IncomingPeer): Promise<void> {
    const { transport, remote } = peer;
    const number = ++this.#number;
    const log = childLogger(this.#log, { session: number });
    this.#accepted++;
    try {
      const grant = await this.#authorize(peer);
      const session = await this.#admit({ number, peer, grant, log });
      const error = await session.closed;
      const { code, message: reason } = error ?? {};
      log.info?.("session closed", { code, reason });
    } catch (cause) {
      const error = asMoqError(cause);
      const { code, message: reason } = error;
      this.stats.refuse(error);
      log.info?.("session refused", { transport, remote, code, reason });
    } finally {
      this.#accepted--;
    }
  }

  /** The peer's grant; `undefined` on raw QUIC, where SETUP has the path. Throws the error that the peer was refused with. */
  async #authorize(peer: IncomingPeer): Promise<Grant | undefined> {
    try {
      this.#checkOpen();
      this.#checkRoom();
      return peer.target === undefined ? undefined : await this.#grant(peer);
    } catch (error) {
      peer.refuse(asMoqError(error));
      throw error;
    }
  }

  #grant(peer: IncomingPeer, role?: Setup["role"]): Promise<Grant> {
    const asked = splitTarget(peer.target ?? "");
    return this.#options.authorizer.grant({ ...peer, ...asked, role });
  }

  #checkOpen(): void {
    if (!this.#isDraining) return;
    throw new MoqError("going-away", "Relay is shutting down");
  }

  #checkRoom(): void {
    const most = this.#options.limits?.sessions ?? DEFAULT_SESSIONS;
    if (this.#accepted > most) {
      throw new MoqError("going-away", `Relay is full: ${most} sessions`);
    }
  }

  /** A session that is being served. */
  async #admit(arrival: Arrival): Promise<Session> {
    const { peer, grant, log } = arrival;
    try {
      const session = await this.#negotiate(await peer.accept(), log);
      await this.#serve(session, arrival);
      return session;
    } catch (error) {
      const reason = asMoqError(error).message;
      grant?.lease?.release({ reason, durationMs: 0 });
      throw error;
    }
  }

  /** A session over `transport`; without an agreed protocol name, the draft is negotiated in band. */
  async #negotiate(transport: Transport, log: Logger): Promise<Session> {
    const inBand = needsInBand(transport)
      ? await this.#agree(transport)
      : undefined;
    return this.#newSession(inBand?.transport ?? transport, { log, inBand });
  }

  async #agree(transport: Transport): Promise<InBandAgreement> {
    const ms = this.#options.setupTimeoutMs ?? DEFAULT_SETUP_MS;
    const patience = deadline(this.#clock, ms);
    try {
      return await acceptInBand(transport, patience.signal);
    } catch (cause) {
      const error = asMoqError(cause, "timeout");
      // Drafts 01 and 02 alone are agreed on in band.
      transport.close(sessionCodeOf(error, "up-to-05"), error.message);
      throw error;
    } finally {
      patience.clear();
    }
  }

  #newSession(
    transport: Transport,
    options: Pick<SessionOptions, "setup" | "log" | "inBand">,
  ): Session {
    const { limits, setupTimeoutMs } = this.#options;
    const { hop, cache } = this.origin;
    const clock = this.#clock;
    const shared = { hop, cache, clock, limits, setupTimeoutMs };
    const session = new Session(transport, { ...shared, ...options });
    this.#sessions.add(session);
    session.closed.then(() => this.#sessions.delete(session));
    session.start();
    return session;
  }

  /** Lets `session` do what its grant allows. */
  async #serve(session: Session, arrival: Arrival): Promise<void> {
    const { number, peer, log } = arrival;
    try {
      const { role, path, hop } = await session.peer;
      const grant = arrival.grant ??
        await this.#grant({ ...peer, target: path }, role);
      this.#endWith(session, grant);
      // It may have begun to drain while this peer was on its way in.
      this.#checkOpen();
      const scopes = this.#scopes(grant, role);
      const facts = factsOf(peer, { ...grant, role });
      const { isPeer } = facts;
      if (isPeer) this.peers.add({ session, hop, isDialled: false });
      session.serve({ ...scopes, ...(isPeer && { limits: PEER_LIMITS }) });
      this.stats.add(session, facts);
      this.list.add(facts, { number, session });
      log.info?.("session opened", facts);
    } catch (error) {
      session.close(asMoqError(error));
      throw error;
    }
  }

  /** What the peer may read and write: two scopes of the one origin, without the half that its role does not use. */
  #scopes(grant: Grant, role: Setup["role"]): SessionScopes {
    const publishes = role === "subscriber" ? [] : grant.publish;
    const subscribes = role === "publisher" ? [] : grant.subscribe;
    if (publishes.length + subscribes.length === 0) {
      throw new MoqError(
        "unauthorized",
        `The grant allows nothing to a ${role ?? "peer"}`,
      );
    }
    const { root, mounts, isRelay: showsHidden } = grant;
    const filter = patternFilter(subscribes);
    return {
      readable: this.origin.scope({ root, mounts, filter, showsHidden }),
      writable: this.origin.scope({
        root,
        filter: patternFilter(publishes, mounts),
      }),
    };
  }

  /** Ends `session` when its grant ends, and releases the grant when the session ends. */
  #endWith(session: Session, grant: Grant): void {
    const { lease, expires } = grant;
    this.#grants.set(session, grant);
    const started = this.#clock.now();
    const expired = new MoqError("unauthorized", "Credential has expired");
    const cancel = expires === undefined ? undefined : atTime(this.#clock, {
      time: expires,
      then: () => session.close(expired),
    });
    lease?.revoked.then((error) => session.close(error));
    session.closed.then((error) => {
      cancel?.();
      this.#grants.delete(session);
      const { sentBytes: sent, receivedBytes: received } = session.stats;
      lease?.release({
        reason: this.#isDraining ? "shutdown" : error?.message ?? "closed",
        durationMs: this.#clock.now() - started,
        bytes: { sent, received },
      });
    });
  }

  /** Accepts no more peers, asks all to move, and closes those that remain after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    this.#log.info?.("draining", { sessions: this.#sessions.size, timeoutMs });
    await Promise.all(
      [...this.#sessions].map(async (session) => {
        await session.drain(timeoutMs);
        await session.closed;
      }),
    );
  }

  /** A session over a connection that this relay dialled; it serves nothing until {@linkcode Relay.link}. */
  open(
    transport: Transport,
    { setup, log = this.#log }: Pick<SessionOptions, "setup" | "log">,
  ): Session {
    return this.#newSession(transport, { setup, log });
  }

  /** Lets a dialled relay read and write the whole origin. */
  link(
    session: Session,
    { hop, transport, remote }: {
      readonly hop: bigint | undefined;
      readonly remote?: string | undefined;
      readonly transport: SessionKind["transport"];
    },
  ): void {
    this.peers.add({ session, hop, isDialled: true });
    const { protocol } = session.transport;
    const facts = { transport, protocol, remote, path: "", isPeer: true };
    this.stats.add(session, facts);
    this.list.add(facts, { number: ++this.#number, session });
    const scope = this.origin.scope({ showsHidden: true });
    session.serve({ readable: scope, writable: scope, limits: PEER_LIMITS });
  }
}
