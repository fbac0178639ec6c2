/**
 * THE file: a relay is one origin shared by a session per peer. Read it from
 * top to bottom; everything else in this folder is policy around it.
 *
 * ```ts
 * import { PublicAuth, Relay } from "./mod.ts";
 *
 * const relay = new Relay({
 *   authorizer: new PublicAuth({ publish: ["**"], subscribe: ["**"] }),
 * });
 * // for await (const incoming of listener) relay.accept(incoming);
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
  type OriginScope,
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
  type Setup,
  SILENT,
} from "@moq-deno/lite/internal";
import type { Transport } from "@moq-deno/lite/transport";
import {
  atTime,
  type Authorizer,
  type AuthRequest,
  type Grant,
  type IncomingConnection,
  patternFilter,
  requestOf,
} from "./auth/auth.ts";
import { Peers } from "./cluster/peers.ts";
import { RelayStats, type SessionKind } from "./metrics/stats.ts";

/** Bounds of a {@linkcode Relay}. */
export interface RelayLimits extends SessionLimits {
  /** Sessions at a time. Default 10,000. */
  readonly sessions?: number;
}

/** Options of {@linkcode Relay}. */
export interface RelayOptions {
  /** Decides who may do what. */
  readonly authorizer: Authorizer;
  /** Our hop id in a cluster. Default random. */
  readonly hop?: bigint | undefined;
  /** How long a broadcast stays when its publisher's connection was lost. Default 0. */
  readonly lingerMs?: number | undefined;
  /** How long other relays are told that a broadcast is carried here after its last reader has left. Default: never. */
  readonly warmMs?: number | undefined;
  /** How much is kept, and for how long. */
  readonly cache?: Omit<CacheOptions, "clock"> | undefined;
  /** Bounds on peers. */
  readonly limits?: RelayLimits | undefined;
  /** How long a peer may take for its SETUP, in milliseconds. Default 10 s. */
  readonly setupTimeoutMs?: number | undefined;
  /** Where messages go. Default nowhere. */
  readonly log?: Logger | undefined;
  /** Time. */
  readonly clock?: Clock | undefined;
}

// Another relay speaks for all of its publishers and viewers.
const PEER_LIMITS: SessionLimits = {
  subscriptions: 100_000,
  announcements: 100_000,
  isRelay: true,
};
// Longer than it takes until all relays have noticed that one is gone, which depends on when each heard from it last.
const SETTLE_MS = 1000;
const DEFAULT_SESSIONS = 10_000;
const DEFAULT_SETUP_MS = 10_000;

/** Publishers on one side, viewers on the other; it knows nothing about media. */
export class Relay {
  /** Every broadcast, whoever publishes it. */
  readonly origin: Origin;
  /** The sessions with other relays. */
  readonly peers: Peers = new Peers();
  /** What it has done since it began. */
  readonly stats: RelayStats = new RelayStats();
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sessions: Set<Session> = new Set();
  readonly #grants: Map<Session, Grant> = new Map();
  #entering = 0;
  #number = 0;
  #isDraining = false;

  /** A relay without peers. */
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

  /** The sessions there are now. */
  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  /** What each of them that is served may do: whether it is a relay of the cluster, and the label to count it by, stand there. */
  get grants(): ReadonlyMap<Session, Grant> {
    return this.#grants;
  }

  /** Takes a peer in, serves it and returns when it has left. Whatever the peer does, this never throws. */
  async accept(incoming: IncomingConnection): Promise<void> {
    const { kind, remote, protocol } = incoming;
    const log = childLogger(this.#log, { session: ++this.#number });
    this.#entering++;
    try {
      const session = await this.#enter(incoming, log);
      const { tier, peer } = this.#grants.get(session) ?? {};
      log.info?.("session opened", { kind, remote, protocol, tier, peer });
      const error = await session.closed;
      log.info?.("session closed", {
        code: error?.code,
        reason: error?.message,
      });
    } catch (cause) {
      const error = asMoqError(cause);
      const { code, message } = error;
      this.stats.refuse(error);
      log.info?.("session refused", { kind, remote, code, reason: message });
    } finally {
      this.#entering--;
    }
  }

  /** A session of a peer that may be here; throws why it may not, which the peer was told. */
  async #enter(
    incoming: IncomingConnection,
    log: Logger,
  ): Promise<Session> {
    const refusal = this.#refusal();
    if (refusal) {
      incoming.refuse(refusal);
      throw refusal;
    }
    // What was dialled comes with the URL, or on raw QUIC with SETUP, which takes a session to read.
    return incoming.url
      ? await this.#enterByUrl(incoming, incoming.url, log)
      : await this.#enterBySetup(incoming, log);
  }

  #refusal(): MoqError | undefined {
    const { limits } = this.#options;
    const most = limits?.sessions ?? DEFAULT_SESSIONS;
    if (this.#isDraining) {
      return new MoqError("going-away", "Relay is shutting down");
    }
    return this.#entering > most
      ? new MoqError("going-away", `Relay is full: ${most} sessions`)
      : undefined;
  }

  async #enterByUrl(
    incoming: IncomingConnection,
    { pathname, search }: URL,
    log: Logger,
  ): Promise<Session> {
    const request = requestOf(incoming, pathname + search);
    const grant = await this.#grant(request).catch((error) => {
      incoming.refuse(asMoqError(error));
      throw error;
    });
    try {
      const session = await this.#start(await incoming.accept(), log);
      return await this.#serve(session, { grant, transport: incoming.kind });
    } catch (error) {
      const reason = asMoqError(error).message;
      grant.lease?.release({ reason, durationMs: 0 });
      throw error;
    }
  }

  async #enterBySetup(
    incoming: IncomingConnection,
    log: Logger,
  ): Promise<Session> {
    const session = await this.#start(await incoming.accept(), log);
    try {
      const { path = "", role } = await session.peer;
      const request = { ...requestOf(incoming, path), role };
      const grant = await this.#grant(request);
      return await this.#serve(session, { grant, transport: incoming.kind });
    } catch (error) {
      session.close(asMoqError(error));
      throw error;
    }
  }

  /** Lets `session` do what the grant says, until that ends. */
  async #serve(
    session: Session,
    { grant, transport }: {
      readonly grant: Grant;
      readonly transport: SessionKind["transport"];
    },
  ): Promise<Session> {
    this.#follow(session, grant);
    try {
      const scopes = await this.#scopes(session, grant);
      if (!grant.peer) session.serve(scopes);
      else {
        const { hop } = await session.peer;
        this.peers.add({ session, hop, isDialled: false });
        session.serve({ ...scopes, limits: PEER_LIMITS });
      }
      this.stats.add(session, { transport, isPeer: grant.peer ?? false });
      return session;
    } catch (error) {
      session.close(asMoqError(error));
      throw error;
    }
  }

  /** Ends `session` when its grant ends, and the other way round. */
  #follow(session: Session, grant: Grant): void {
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
      lease?.release({
        reason: this.#isDraining ? "shutdown" : error?.message ?? "closed",
        durationMs: this.#clock.now() - started,
        bytes: {
          sent: session.stats.sentBytes,
          received: session.stats.receivedBytes,
        },
      });
    });
  }

  #session(log: Logger): SessionOptions {
    const { limits, setupTimeoutMs } = this.#options;
    const { hop, cache } = this.origin;
    const clock = this.#clock;
    return { hop, cache, clock, log, limits, setupTimeoutMs };
  }

  #grant(request: AuthRequest): Promise<Grant> {
    return this.#options.authorizer.grant(request);
  }

  /** A session over `transport`; one that agreed on no protocol name is asked in band. */
  async #start(transport: Transport, log: Logger): Promise<Session> {
    const options = this.#session(log);
    const inBand = needsInBand(transport)
      ? await this.#agree(transport)
      : undefined;
    return this.#begin(inBand?.transport ?? transport, { ...options, inBand });
  }

  #begin(transport: Transport, options: SessionOptions): Session {
    const session = new Session(transport, options);
    this.#sessions.add(session);
    session.closed.then(() => this.#sessions.delete(session));
    session.start();
    return session;
  }

  /** A session over a connection that we made; it serves nothing until {@linkcode Relay.link}. */
  open(
    transport: Transport,
    { setup, log }: Pick<SessionOptions, "setup" | "log">,
  ): Session {
    return this.#begin(transport, {
      ...this.#session(log ?? this.#log),
      setup,
    });
  }

  /** Lets another relay that we dialled see and fill the whole origin. */
  link(
    session: Session,
    { hop, transport }: {
      readonly hop: bigint | undefined;
      readonly transport: SessionKind["transport"];
    },
  ): void {
    this.peers.add({ session, hop, isDialled: true });
    this.stats.add(session, { transport, isPeer: true });
    const scope = this.origin.scope({ showsHidden: true });
    session.serve({ readable: scope, writable: scope, limits: PEER_LIMITS });
  }

  async #agree(transport: Transport): Promise<InBandAgreement> {
    const ms = this.#options.setupTimeoutMs ?? DEFAULT_SETUP_MS;
    const patience = deadline(this.#clock, ms);
    try {
      return await acceptInBand(transport, patience.signal);
    } catch (cause) {
      const error = asMoqError(cause, "timeout");
      transport.close(sessionCodeOf(error, "up-to-05"), error.message);
      throw error;
    } finally {
      patience.clear();
    }
  }

  /** What the peer may read and fill: two scopes of the one origin, less what it said it will not use. */
  async #scopes(
    session: Session,
    grant: Grant,
  ): Promise<{ readable: OriginScope; writable: OriginScope }> {
    const { role } = await session.peer;
    const publishes = roleGrant(role, "subscriber", grant.publish);
    const subscribes = roleGrant(role, "publisher", grant.subscribe);
    if (publishes.length + subscribes.length === 0) {
      throw new MoqError("unauthorized", `Expected a grant for a ${role}`);
    }
    const { root, mounts, peer: showsHidden } = grant;
    const filter = patternFilter(subscribes);
    const fillable = patternFilter(publishes, mounts);
    return {
      readable: this.origin.scope({ root, mounts, filter, showsHidden }),
      writable: this.origin.scope({ root, filter: fillable }),
    };
  }

  /** Takes nobody in any more, asks all peers to move and closes what is left after `timeoutMs`. */
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
}

/** The half of a grant that `role` uses: none when its role is the other one. */
function roleGrant(
  role: Setup["role"],
  other: Setup["role"],
  patterns: readonly string[],
): readonly string[] {
  return role === other ? [] : patterns;
}
