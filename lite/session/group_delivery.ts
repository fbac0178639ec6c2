/**
 * Delivers the groups of one subscription, each on its own stream, at the rate
 * of the path. moq-lite, "GROUP".
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import type { Wanted } from "../model/demand.ts";
import type { GroupProducer } from "../model/group.ts";
import { DEFAULT_TRACK_INFO, type Track } from "../model/track.ts";
import { onAbort } from "../signal.ts";
import type { SendStream } from "../transport/transport.ts";
import type { Subscribe } from "../wire/subscribe.ts";
import { startsAtFreshest } from "../wire/version.ts";
import { groupBytes } from "./compat.ts";
import { countCut, type SessionContext } from "./context.ts";
import {
  firstBytes,
  type FrameRange,
  sendFrames,
  sendGroup,
  startGroup,
} from "./group_sender.ts";
import {
  MAX_PENDING_GROUPS,
  type Sending,
  SendingGroups,
} from "./pacing/sending_groups.ts";
import type { SubscriptionOrder } from "./priority.ts";

/** Options of {@linkcode GroupDelivery}. */
interface GroupDeliveryOptions {
  /** The peer's SUBSCRIBE. */
  readonly message: Subscribe;
  /** Its place among the send orders. */
  readonly order: SubscriptionOrder;
  readonly track: Track;
  /** Cuts all groups. */
  readonly signal: AbortSignal;
}

/** Sends groups to the peer. */
export class GroupDelivery {
  readonly #context: SessionContext;
  readonly #options: GroupDeliveryOptions;
  readonly #groups: SendingGroups;
  readonly #sent = new Latch();
  #opening = 0;
  #sending = 0;

  /** Delivers groups until `options.signal` aborts. */
  constructor(context: SessionContext, options: GroupDeliveryOptions) {
    this.#context = context;
    this.#options = options;
    this.#groups = new SendingGroups(context.clock, context.path);
    const { signal } = options;
    onAbort(signal, () => {
      this.#groups.close(asMoqError(signal.reason, "cancelled"));
    });
  }

  /** Whether so many groups wait for a stream or for room that no new one should start. */
  get isFull(): boolean {
    return this.#opening >= MAX_PENDING_GROUPS || this.#groups.isFull;
  }

  /** Resolves when {@linkcode GroupDelivery.isFull} may have changed. */
  changed(): Promise<void> {
    return this.#groups.latch.changed();
  }

  /** Resolves when no group is being sent. */
  async settled(): Promise<void> {
    while (this.#sending > 0) await this.#sent.changed();
  }

  /** Starts to send `group`; may cut older groups that it makes obsolete. */
  start(group: GroupProducer, { priority, maxAgeMs }: Wanted): void {
    const { track, order } = this.#options;
    this.#context.stats.sentGroups++;
    this.#groups.freshness = {
      // In earlier drafts 0 has no meaning.
      maxAgeMs: startsAtFreshest(this.#context.version) ? maxAgeMs : undefined,
      timescale: track.knownInfo?.timescale ?? DEFAULT_TRACK_INFO.timescale,
      live: track.groups,
    };
    const flow = this.#context.path.open(order.next(priority));
    // Never rejects; `settled` waits for all of them.
    void this.#send(this.#groups.begin({ group, flow }));
  }

  /** Sends one group on its own stream. Without a stream, only this viewer loses the group. */
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
      countCut(this.#context.stats.sentCuts, reason);
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
    const { signal } = this.#options;
    this.#opening++;
    try {
      return await this.#context.transport.openUni({ sendOrder, signal });
    } finally {
      this.#opening--;
      this.#groups.latch.wake();
    }
  }

  /** The wanted frames of a group, `undefined` for all. */
  #rangeOf({ sequence, frameStart }: GroupProducer): FrameRange | undefined {
    const { startGroup, endGroup, startFrame, endFrame } =
      this.#options.message;
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
    const subscribeId = this.#options.message.id;
    const { startFrame } = range;
    const { version } = context;
    cutOnStop(stream, sending);
    startGroup(stream, group, { version, subscribeId, startFrame });
    await sendFrames(stream, group, {
      context,
      signal,
      pace: sending,
      count: this.#context.stats,
      ...range,
    });
  }

  async #sendWhole(stream: SendStream, sending: Sending): Promise<void> {
    const context = this.#context;
    const count = this.#context.stats;
    const { version } = context;
    const { group } = sending;
    const bytes = groupBytes(group, version);
    const first = firstBytes(bytes, sending);
    const subscribeId = this.#options.message.id;
    startGroup(stream, group, { version, subscribeId }, first);
    const from = first?.byteLength ?? 0;
    count.sentBytes += from;
    const { ended, length } = bytes.log;
    // A small group is sent in one piece and needs no cancellation.
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

/** A stop ends the sending at once, even while it waits. */
function cutOnStop(stream: SendStream, sending: Sending): void {
  // Never rejects.
  void stream.stopped.then(() =>
    sending.cut(new MoqError("cancelled", "Peer stopped the group"))
  );
}
