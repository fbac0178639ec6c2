/**
 * One subscription of the peer: sends the groups of a track, newest first on a
 * slow path, until the peer or the track ends it. moq-lite-06, "SUBSCRIBE".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { groupOf, type GroupProducer } from "../model/group.ts";
import { type TrackConsumer, trackOf } from "../model/track.ts";
import type { Wanted } from "../model/demand.ts";
import type { TrackSubscription } from "../model/subscription.ts";
import { linked, type LinkedController } from "../signal.ts";
import { decodeSubscribeUpdate, type Subscribe } from "../wire/subscribe.ts";
import {
  encodeSubscribeResponse,
  type SubscribeResponse,
} from "../wire/subscribe_response.ts";
import {
  hasFrameRange,
  hasSubscribeOk,
  hasSubscribeUpdate,
  startsAtFreshest,
} from "../wire/version.ts";
import { isViolation, type SessionContext } from "./context.ts";
import { DatagramSender } from "./datagram_sender.ts";
import { GroupDelivery } from "./group_delivery.ts";
import { MAX_PENDING_GROUPS } from "./pacing/sending_groups.ts";
import type { SubscriptionOrder } from "./priority.ts";
import type { IncomingRequest } from "./request.ts";

/** Options of {@linkcode ServedSubscription}. */
interface ServedOptions {
  /** The peer's SUBSCRIBE. */
  readonly message: Subscribe;
  /** Its place among the send orders. */
  readonly order: SubscriptionOrder;
  /** The subscribed track. */
  readonly track: TrackConsumer;
  /** The peer's request. */
  readonly request: IncomingRequest;
}

/** Serves one SUBSCRIBE. */
export class ServedSubscription {
  readonly #context: SessionContext;
  readonly #message: Subscribe;
  readonly #track: TrackConsumer;
  readonly #request: IncomingRequest;
  readonly #over: LinkedController;
  readonly #delivery: GroupDelivery;
  readonly #datagrams: DatagramSender | undefined;
  #hasStarted = false;
  #hasEnded = false;

  /** Use {@linkcode ServedSubscription.run}. */
  constructor(context: SessionContext, options: ServedOptions) {
    const { message, order } = options;
    this.#context = context;
    this.#message = message;
    this.#track = options.track;
    this.#request = options.request;
    this.#over = linked(context.signal);
    this.#delivery = new GroupDelivery(context, {
      message,
      order,
      track: trackOf(options.track),
      signal: this.#over.signal,
    });
    const subscribeId = message.id;
    this.#datagrams = DatagramSender.open(context, { subscribeId, order });
  }

  /** Serves the subscription to its end; throws its `MoqError` if it fails. */
  async run(): Promise<void> {
    const { version, tasks } = this.#context;
    const { signal } = this.#over;
    try {
      const subscription = this.#subscribe();
      tasks.run("subscribe updates", this.#runUpdates(subscription));
      if (hasSubscribeOk(version)) {
        await this.#track.info(signal);
        const { priority, maxAgeMs, startGroup, endGroup } = this.#message;
        this.#respond({ kind: "ok", priority, maxAgeMs, startGroup, endGroup });
      }
      if (this.#datagrams) {
        tasks.run("subscribe datagrams", this.#runDatagrams(subscription));
      }
      await this.#runGroups(subscription);
      await this.#delivery.settled();
      if (!signal.aborted && !this.#hasEnded) {
        this.#end(subscription.final ?? 0);
      }
      this.#request.stream.send.close();
    } finally {
      this.#over.abort(new MoqError("cancelled", "Subscription has ended"));
      this.#datagrams?.close();
      await this.#delivery.settled();
    }
  }

  #respond(response: SubscribeResponse): void {
    this.#request.stream.send.write(
      encodeSubscribeResponse(response, this.#context.version),
    );
  }

  #subscribe(): TrackSubscription {
    const { priority, maxAgeMs, startGroup, endGroup } = this.#message;
    const from = startGroup === undefined ? "latest" : "all";
    return this.#track.subscribe({
      priority,
      maxAgeMs,
      startGroup,
      endGroup,
      from: startsAtFreshest(this.#context.version) ? "fresh" : from,
      signal: this.#over.signal,
    });
  }

  /** Handles SUBSCRIBE_UPDATE until the peer ends its half, which unsubscribes. */
  async #runUpdates(subscription: TrackSubscription): Promise<void> {
    const { version } = this.#context;
    const { reader } = this.#request;
    try {
      for (let body; (body = await reader.message());) {
        if (!hasSubscribeUpdate(version)) continue;
        const { priority, maxAgeMs, startGroup, endGroup } =
          decodeSubscribeUpdate(body, version);
        subscription.update({ priority, maxAgeMs, startGroup, endGroup });
      }
      this.#over.abort(new MoqError("cancelled", "Peer unsubscribed"));
    } catch (error) {
      this.#over.abort(error);
      if (isViolation(asMoqError(error))) throw error;
    }
  }

  async #runGroups(subscription: TrackSubscription): Promise<void> {
    const { signal } = this.#over;
    const hasRange = hasFrameRange(this.#context.version);
    try {
      while (!signal.aborted) {
        const group = this.#nextGroup(subscription);
        // A draft that cannot represent a missing head of a group must not get the rest.
        if (group && (group.frameStart === 0 || hasRange)) {
          this.#start(group, subscription.wanted);
        }
        if (subscription.final !== undefined) this.#end(subscription.final);
        if (group) {
          await this.#awaitTurn(subscription);
        } else if (subscription.isDone) {
          return;
        } else {
          await subscription.changed();
        }
      }
    } finally {
      subscription.close();
    }
  }

  #nextGroup(subscription: TrackSubscription): GroupProducer | undefined {
    const next = this.#datagrams
      ? subscription.tryNextGroup()
      : subscription.tryNext();
    if (!next && this.#datagrams) this.#sendDatagrams(subscription);
    return next && groupOf(next);
  }

  /** Waits while too many groups wait for a stream or for room. If as many new ones arrive meanwhile, the peer is behind: skips groups that are too old by then. */
  async #awaitTurn(subscription: TrackSubscription): Promise<void> {
    const { signal } = this.#over;
    if (!this.#delivery.isFull) return;
    const before = subscription.arrived;
    while (this.#delivery.isFull && !signal.aborted) {
      await this.#delivery.changed();
    }
    if (subscription.arrived - before < MAX_PENDING_GROUPS) return;
    // Earlier drafts give the age no meaning.
    const keepsFresh = startsAtFreshest(this.#context.version);
    subscription.skipTo(MAX_PENDING_GROUPS, { keepsFresh });
  }

  /** Datagrams do not wait for the streams of other groups. */
  async #runDatagrams(subscription: TrackSubscription): Promise<void> {
    while (!subscription.isClosed) {
      this.#sendDatagrams(subscription);
      await subscription.changed();
    }
  }

  #sendDatagrams(subscription: TrackSubscription): void {
    const { wanted } = subscription;
    for (let next; (next = subscription.tryNextDatagram());) {
      const group = groupOf(next);
      if (this.#datagrams?.send(group, wanted.priority)) continue;
      if (!this.#delivery.isFull) this.#start(group, wanted);
      else this.#context.stats.droppedDatagrams++;
    }
  }

  #start(group: GroupProducer, wanted: Wanted): void {
    if (!this.#hasStarted && !hasSubscribeOk(this.#context.version)) {
      this.#hasStarted = true;
      this.#respond({ kind: "start", group: group.sequence });
    }
    this.#delivery.start(group, wanted);
  }

  #end(final: number): void {
    if (this.#hasEnded || hasSubscribeOk(this.#context.version)) return;
    this.#hasEnded = true;
    this.#respond({ kind: "end", group: final });
  }
}
