/**
 * One subscription of the peer's: groups out of a track, newest first when the
 * path is narrow, until the peer ends it or the track does. moq-lite-06,
 * "SUBSCRIBE".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import { groupOf, type GroupProducer } from "../model/group.ts";
import {
  DEFAULT_TRACK_INFO,
  type Track,
  type TrackConsumer,
  trackOf,
} from "../model/track.ts";
import type { Wanted } from "../model/demand.ts";
import type { TrackSubscription } from "../model/subscription.ts";
import { linked, type LinkedController, onAbort } from "../signal.ts";
import type { SendStream } from "../transport/transport.ts";
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
import { countCut, isViolation, type SessionContext } from "./context.ts";
import { groupBytes } from "./compat.ts";
import { DatagramSender } from "./datagram_sender.ts";
import {
  firstBytes,
  type FrameRange,
  type SendCount,
  sendFrames,
  sendGroup,
  startGroup,
} from "./group_sender.ts";
import type { SubscriptionOrder } from "./priority.ts";
import type { IncomingRequest } from "./request.ts";
import {
  MAX_PENDING_GROUPS,
  type Sending,
  SendingGroups,
} from "./pacing/sending_groups.ts";

const NOWHERE = { latest: undefined };

/** What a subscription is about. */
interface OutgoingOptions {
  /** The peer's SUBSCRIBE. */
  readonly message: Subscribe;
  /** Its place among the send orders. */
  readonly order: SubscriptionOrder;
}

/** Serves one SUBSCRIBE. */
export class OutgoingSubscription {
  readonly #context: SessionContext;
  readonly #message: Subscribe;
  readonly #order: SubscriptionOrder;
  readonly #over: LinkedController;
  readonly #sent = new Latch();
  readonly #groups: SendingGroups;
  readonly #datagrams: DatagramSender | undefined;
  readonly #count: SendCount;
  #track: Track | undefined;
  #opening = 0;
  #sending = 0;
  #request: IncomingRequest | undefined;
  #hasStarted = false;
  #hasEnded = false;

  /** Use {@linkcode OutgoingSubscription.run}. */
  constructor(context: SessionContext, { message, order }: OutgoingOptions) {
    this.#context = context;
    this.#message = message;
    this.#order = order;
    this.#over = linked(context.signal);
    this.#count = context.stats;
    this.#groups = new SendingGroups(context.clock, context.path);
    const subscribeId = message.id;
    this.#datagrams = DatagramSender.open(context, { subscribeId, order });
    const { signal } = this.#over;
    onAbort(signal, () => {
      this.#groups.close(asMoqError(signal.reason, "cancelled"));
    });
  }

  /** Serves the subscription to its end; throws the `MoqError` it failed with. */
  async run(track: TrackConsumer, request: IncomingRequest): Promise<void> {
    const { version, tasks } = this.#context;
    const { signal } = this.#over;
    this.#request = request;
    this.#track = trackOf(track);
    try {
      const subscription = this.#subscribe(track);
      tasks.run("subscribe updates", this.#runUpdates(subscription));
      if (hasSubscribeOk(version)) await this.#acknowledge(track);
      if (this.#datagrams) {
        tasks.run("subscribe datagrams", this.#runDatagrams(subscription));
      }
      await this.#runGroups(subscription);
      await this.#allSent();
      if (!signal.aborted && !this.#hasEnded) {
        this.#end(subscription.final ?? 0);
      }
      request.stream.send.close();
    } finally {
      this.#over.abort(new MoqError("cancelled", "Subscription has ended"));
      this.#datagrams?.close();
      await this.#allSent();
    }
  }

  async #allSent(): Promise<void> {
    while (this.#sending > 0) await this.#sent.changed();
  }

  async #acknowledge(track: TrackConsumer): Promise<void> {
    await track.info(this.#over.signal);
    const { priority, maxAgeMs, startGroup, endGroup } = this.#message;
    this.#respond({ kind: "ok", priority, maxAgeMs, startGroup, endGroup });
  }

  #respond(response: SubscribeResponse): void {
    this.#request?.stream.send.write(
      encodeSubscribeResponse(response, this.#context.version),
    );
  }

  #subscribe(track: TrackConsumer): TrackSubscription {
    const { priority, maxAgeMs, startGroup, endGroup } = this.#message;
    const from = startGroup === undefined ? "latest" : "all";
    return track.subscribe({
      priority,
      maxAgeMs,
      startGroup,
      endGroup,
      from: startsAtFreshest(this.#context.version) ? "fresh" : from,
      signal: this.#over.signal,
    });
  }

  /** SUBSCRIBE_UPDATE until the peer ends its half, which unsubscribes. */
  async #runUpdates(subscription: TrackSubscription): Promise<void> {
    const { version } = this.#context;
    const { reader } = this.#request!;
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
    try {
      while (!signal.aborted) {
        const group = this.#nextGroup(subscription);
        if (group && this.#canSay(group)) {
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

  // A draft that cannot say that the head of a group is missing must not show the rest.
  #canSay(group: GroupProducer): boolean {
    return group.frameStart === 0 || hasFrameRange(this.#context.version);
  }

  /** Waits while too many groups wait for a stream or for room. When as many new ones came meanwhile, the peer is behind: what is too old by now is left out. */
  async #awaitTurn(subscription: TrackSubscription): Promise<void> {
    const { signal } = this.#over;
    if (!this.#isFull) return;
    const before = subscription.arrived;
    while (this.#isFull && !signal.aborted) {
      await this.#groups.latch.changed();
    }
    if (subscription.arrived - before < MAX_PENDING_GROUPS) return;
    // Earlier drafts give the age no meaning.
    const keepsFresh = startsAtFreshest(this.#context.version);
    subscription.skipTo(MAX_PENDING_GROUPS, { keepsFresh });
  }

  get #isFull(): boolean {
    return this.#opening >= MAX_PENDING_GROUPS || this.#groups.isFull;
  }

  /** Datagrams wait for nothing, least of all for the streams of other groups. */
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
      if (!this.#isFull) this.#start(group, wanted);
      else this.#context.stats.droppedDatagrams++;
    }
  }

  #start(group: GroupProducer, { priority, maxAgeMs }: Wanted): void {
    if (!this.#hasStarted && !hasSubscribeOk(this.#context.version)) {
      this.#hasStarted = true;
      this.#respond({ kind: "start", group: group.sequence });
    }
    this.#context.stats.sentGroups++;
    this.#groups.freshness = {
      // Earlier drafts say 0 where they mean nothing by it.
      maxAgeMs: startsAtFreshest(this.#context.version) ? maxAgeMs : undefined,
      timescale: this.#track?.knownInfo?.timescale ??
        DEFAULT_TRACK_INFO.timescale,
      live: this.#track?.groups ?? NOWHERE,
    };
    const flow = this.#context.path.open(this.#order.next(priority));
    // Never rejects; `run` waits for all of them.
    void this.#send(this.#groups.begin({ group, flow }));
  }

  #end(final: number): void {
    if (this.#hasEnded || hasSubscribeOk(this.#context.version)) return;
    this.#hasEnded = true;
    this.#respond({ kind: "end", group: final });
  }

  /** One group on a stream of its own. One that finds no stream is lost for this viewer alone. */
  async #send(sending: Sending): Promise<void> {
    this.#sending++;
    let stream: SendStream | undefined;
    try {
      stream = await this.#open(sending);
      const range = this.#rangeOf(sending.group);
      if (range) await this.#sendRange(stream, sending, range);
      else await this.#sendWhole(stream, sending);
    } catch (error) {
      const reason = asMoqError(error);
      const { code, message } = reason;
      const { sequence } = sending.group;
      countCut(this.#count.sentCuts, reason);
      this.#context.log.debug?.("group dropped", {
        sequence,
        code,
        reason: message,
      });
    } finally {
      this.#groups.end(sending);
      const { path, transport } = this.#context;
      if (transport.reliableReset) {
        path.withdraw(sending.withdrawnBytes(stream?.sentBytes));
      }
      this.#sending--;
      if (this.#sending === 0) this.#sent.wake();
    }
  }

  async #open({ flow: { sendOrder } }: Sending): Promise<SendStream> {
    const { signal } = this.#over;
    this.#opening++;
    try {
      return await this.#context.transport.openUni({ sendOrder, signal });
    } finally {
      this.#opening--;
      this.#groups.latch.wake();
    }
  }

  /** Which frames are wanted of a group, unless all are. */
  #rangeOf({ sequence, frameStart }: GroupProducer): FrameRange | undefined {
    const { startGroup, endGroup, startFrame, endFrame } = this.#message;
    const first = sequence === startGroup ? startFrame : 0;
    const last = sequence === endGroup ? endFrame : undefined;
    if (first <= frameStart && last === undefined) return undefined;
    return { startFrame: first, endFrame: last };
  }

  async #sendRange(
    stream: SendStream,
    sending: Sending,
    range: FrameRange,
  ): Promise<void> {
    const context = this.#context;
    const { group, signal } = sending;
    const subscribeId = this.#message.id;
    const { startFrame } = range;
    const { version } = context;
    cutOnStop(stream, sending);
    startGroup(stream, group, { version, subscribeId, startFrame });
    await sendFrames(stream, group, {
      context,
      signal,
      pace: sending,
      count: this.#count,
      ...range,
    });
  }

  async #sendWhole(stream: SendStream, sending: Sending): Promise<void> {
    const context = this.#context;
    const count = this.#count;
    const { version } = context;
    const { group } = sending;
    const bytes = groupBytes(group, version);
    const first = firstBytes(bytes, sending);
    const subscribeId = this.#message.id;
    startGroup(stream, group, { version, subscribeId }, first);
    const from = first?.byteLength ?? 0;
    count.sentBytes += from;
    const { ended, length } = bytes.log;
    // A small group goes out in one piece and needs nobody to watch over it.
    if (ended && !ended.error && from === length && !sending.isCut) {
      count.sentFrames += group.frameCount;
      return stream.close();
    }
    cutOnStop(stream, sending);
    const { signal } = sending;
    await sendGroup(stream, group, {
      context,
      signal,
      pace: sending,
      count,
      from,
    });
  }
}

/** A stop frees the group at once, whatever it waits for. */
function cutOnStop(stream: SendStream, sending: Sending): void {
  // Never rejects.
  void stream.stopped.then(() => sending.cut(stoppedByPeer()));
}

function stoppedByPeer(): MoqError {
  return new MoqError("cancelled", "Peer stopped the group");
}
