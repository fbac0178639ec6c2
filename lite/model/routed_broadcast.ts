/**
 * One broadcast over its best route. When that fails, it moves to the next route
 * to the same publisher, and readers do not notice. Another publisher is another
 * broadcast. moq-lite-06 as released, fail-over.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import { hasPrefix, stripPrefix } from "../path.ts";
import { linked, type LinkedController, onAbort } from "../signal.ts";
import { deadline } from "../time.ts";
import { Broadcast } from "./broadcast.ts";
import type { Cache } from "./cache.ts";
import type { PathClaims } from "./claims.ts";
import { type GroupConsumer, groupOf, type GroupProducer } from "./group.ts";
import { Handover } from "./handover.ts";
import { type Claim, publisherOf, type Route } from "./route.ts";
import { isSameDemand } from "./demand.ts";
import type { TrackSubscription } from "./subscription.ts";
import type {
  FetchOptions,
  TrackConsumer,
  TrackInfo,
  TrackProducer,
  TrackSource,
} from "./track.ts";

/** How often one route may fail a track before it is skipped. */
const ATTEMPTS_PER_ROUTE = 2;

/** Delay before a failed route is tried again, in milliseconds. */
const RETRY_MS = 50;

/** Which broadcast. */
interface RoutedBroadcastOptions {
  /** Its absolute path. */
  readonly path: string;
  /** Its key in the origin. */
  readonly key: string;
  /** Routes through this relay are ignored. */
  readonly exclude: bigint | undefined;
}

/** The origin, as its broadcasts see it. */
export interface Routes {
  /** Holds all groups. */
  readonly cache: Cache;
  /** The claims on every path. */
  readonly claims: PathClaims;
  /** Sends route changes to `broadcast` again. */
  attach(broadcast: RoutedBroadcast): void;
}

/** A broadcast that moves between routes. */
export class RoutedBroadcast {
  /** The broadcast that the readers share. */
  readonly broadcast: Broadcast;
  /** Its absolute path. */
  readonly path: string;
  /** Its key in the origin. */
  readonly key: string;
  /** The origin with the routes. */
  readonly origin: Routes;
  /** Wakes when the routes may have changed. */
  readonly latch: Latch = new Latch();
  readonly #exclude: bigint | undefined;
  readonly #publisher: unknown;
  #isWithdrawn = false;
  #isListed = true;

  private constructor(
    origin: Routes,
    claim: Claim,
    options: RoutedBroadcastOptions,
  ) {
    this.origin = origin;
    this.path = options.path;
    this.key = options.key;
    this.#exclude = options.exclude;
    this.#publisher = publisherOf(claim);
    this.broadcast = new Broadcast({
      cache: origin.cache,
      source: { track: (name) => new RoutedTrack(this, name) },
    });
  }

  /** The broadcast in `options`; `undefined` if none is announced there. */
  static open(
    origin: Routes,
    options: RoutedBroadcastOptions,
  ): RoutedBroadcast | undefined {
    const { path, exclude } = options;
    const claim = origin.claims.covering(path, exclude).next().value;
    return claim && new RoutedBroadcast(origin, claim, options);
  }

  /** The claims that cover it, the best first. */
  #claims(): Generator<Claim, undefined> {
    return this.origin.claims.covering(this.path, this.#exclude);
  }

  /** Whether it is still the broadcast at its path: after it was withdrawn, a new one may restart its group numbers. */
  get isCurrent(): boolean {
    return !this.#isWithdrawn && !this.broadcast.ended;
  }

  /** Whether it has readers, and so needs route changes. */
  get isRead(): boolean {
    return this.broadcast.isRead;
  }

  /**
   * Handles a change of the routes to an absolute path. Another publisher at
   * the path ends the broadcast. A publisher that only withdrew it may still
   * send the ends of its tracks, so readers continue until then.
   */
  pathChanged(path: string): void {
    if (this.broadcast.ended || !hasPrefix(path, this.path)) return;
    const best = this.#claims().next().value;
    if (best && publisherOf(best) === this.#publisher) {
      this.#isListed = true;
    } else if (best && this.#isListed) {
      this.broadcast.close(
        new MoqError(
          "unroutable",
          `Publisher of ${JSON.stringify(this.path)} disconnected`,
        ),
      );
    } else {
      this.#isWithdrawn = true;
      this.#isListed = false;
    }
    this.latch.wake();
  }

  /** Whether `claim` was withdrawn with the broadcast, and may still deliver the ends of its tracks. */
  isLastWord(claim: Claim): boolean {
    return this.#isWithdrawn && !this.origin.claims.has(claim);
  }

  /** The best claim whose route has not failed too often. */
  route(failures?: ReadonlyMap<Route, number>): Claim | undefined {
    for (const claim of this.#claims()) {
      if (claim.isLost || publisherOf(claim) !== this.#publisher) continue;
      if ((failures?.get(claim.route) ?? 0) < ATTEMPTS_PER_ROUTE) return claim;
    }
    return undefined;
  }

  /** Whether a lost publisher may return soon. */
  get isLingering(): boolean {
    for (const claim of this.#claims()) {
      if (claim.isLost && publisherOf(claim) === this.#publisher) return true;
    }
    return false;
  }

  /** The track with this name over `claim`. */
  track(claim: Claim, name: string): TrackConsumer {
    const rest = stripPrefix(claim.path, this.path) ?? "";
    return claim.source.consume(rest).track(name);
  }

  /** The error for "no route left". */
  unroutable(): MoqError {
    return new MoqError(
      "unroutable",
      `No route left to ${JSON.stringify(this.path)}`,
    );
  }
}

/** One track of a {@linkcode RoutedBroadcast}. */
class RoutedTrack implements TrackSource {
  readonly #broadcast: RoutedBroadcast;
  readonly #name: string;

  constructor(broadcast: RoutedBroadcast, name: string) {
    this.#broadcast = broadcast;
    this.#name = name;
  }

  async info(signal = new AbortController().signal): Promise<TrackInfo> {
    const info = await this.#overRoutes(
      (claim, attempt) => this.#over(claim).info(attempt),
      signal,
    );
    if (info) return info;
    throw signal.reason;
  }

  async fetch(
    sequence: number,
    options: FetchOptions,
  ): Promise<GroupConsumer> {
    const claim = this.#broadcast.route();
    if (!claim) throw this.#broadcast.unroutable();
    return await this.#over(claim).fetch(sequence, options);
  }

  async run(track: TrackProducer, signal: AbortSignal): Promise<void> {
    const handover = new Handover(track.track);
    const release = onAbort(signal, () => handover.close());
    try {
      await this.#overRoutes(
        (claim, signal) => this.#pump(claim, track, { signal, handover }),
        signal,
      );
    } finally {
      await handover.settled();
      release();
    }
  }

  #over(claim: Claim): TrackConsumer {
    return this.#broadcast.track(claim, this.#name);
  }

  /** Runs `work` over one route after another until it returns a result or `signal` aborts; throws if no route is left. */
  async #overRoutes<T>(
    work: (claim: Claim, signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    this.#broadcast.origin.attach(this.#broadcast);
    // By route: a failure before the peer changed its route does not count.
    const failures: Map<Route, number> = new Map();
    let last: MoqError | undefined;
    while (!signal.aborted) {
      const claim = this.#broadcast.route(failures);
      if (!claim && this.#broadcast.isLingering) {
        await this.#linger(signal);
        continue;
      }
      if (!claim) throw last ?? this.#broadcast.unroutable();
      const { route } = claim;
      const attempt = linked(signal);
      const watching = this.#watch(claim, { attempt, failures });
      try {
        const result = await work(claim, attempt.signal);
        if (result !== undefined) return result;
      } catch (error) {
        if (attempt.signal.aborted) continue; // ended here: not a failure of the route
        last = asMoqError(error);
        if (last.code === "transport") {
          this.#broadcast.origin.claims.lose(claim);
        }
        const failed = (failures.get(route) ?? 0) + 1;
        failures.set(route, isFinal(last) ? ATTEMPTS_PER_ROUTE : failed);
        if (this.#broadcast.route(failures) === claim) {
          await this.#pause(signal);
        }
      } finally {
        attempt.abort();
        await watching;
      }
    }
    return undefined;
  }

  /** Waits briefly for the routes to change: the announcement of another publisher may still be on its way. */
  async #pause(signal: AbortSignal): Promise<void> {
    const patience = deadline(
      this.#broadcast.origin.cache.clock,
      RETRY_MS,
      signal,
    );
    await this.#linger(patience.signal);
    patience.clear();
  }

  /** Waits for the routes to change. */
  async #linger(signal: AbortSignal): Promise<void> {
    const release = this.#broadcast.latch.wakeOn(signal);
    await this.#broadcast.latch.changed();
    release();
  }

  /** Ends the attempt when there is a better route. */
  async #watch(
    claim: Claim,
    { attempt, failures }: {
      readonly attempt: LinkedController;
      readonly failures: ReadonlyMap<Route, number>;
    },
  ): Promise<void> {
    const release = this.#broadcast.latch.wakeOn(attempt.signal);
    while (!attempt.signal.aborted) {
      const best = this.#broadcast.route(failures);
      const isStaying = best === claim || this.#broadcast.isLastWord(claim);
      if (best && !isStaying) break;
      await this.#broadcast.latch.changed();
    }
    release();
    attempt.abort();
  }

  /** Forwards the groups of one route; `true` when the track is complete, `undefined` when the attempt was ended. */
  async #pump(
    claim: Claim,
    track: TrackProducer,
    { signal, handover }: {
      readonly signal: AbortSignal;
      readonly handover: Handover;
    },
  ): Promise<true | undefined> {
    const upstream = this.#over(claim);
    track.track.accept(await upstream.info(signal));
    const { wanted } = track.demand;
    if (!wanted || signal.aborted) return undefined;
    const subscription = upstream.subscribe(wanted);
    const drop = this.#broadcast.origin.claims.carry(claim);
    let flying: GroupProducer[] = [];
    const following = this.#followDemand(track, subscription, signal);
    const release = subscription.wakeOn(signal);
    try {
      while (!signal.aborted) {
        const group = subscription.tryNext();
        if (group) {
          handover.insert(groupOf(group));
          flying = flying.filter(({ log }) => !log.ended);
          flying.push(groupOf(group));
        }
        if (subscription.final !== undefined) {
          track.track.finishAt(subscription.final);
        }
        if (group) continue;
        if (subscription.isDone) return true;
        await subscription.changed();
      }
      return undefined;
    } finally {
      drop();
      release();
      if (subscription.isDone) subscription.close();
      else handover.leave(subscription, flying);
      track.track.demandLatch.wake();
      await following;
    }
  }

  async #followDemand(
    track: TrackProducer,
    subscription: TrackSubscription,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted && !subscription.isClosed) {
      const { wanted } = track.demand;
      if (wanted && !isSameDemand(wanted, subscription.wanted)) {
        subscription.update(wanted);
      }
      await track.demand.changed();
    }
  }
}

/** Whether asking the same publisher again is pointless. */
function isFinal(error: MoqError): boolean {
  return ["not-found", "unroutable", "unauthorized", "unsupported"]
    .includes(error.code);
}
