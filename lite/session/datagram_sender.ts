/**
 * Sends one-frame groups as datagrams, immediately or not at all. moq-lite,
 * "Datagrams".
 *
 * @module
 */
import type { GroupProducer } from "../model/group.ts";
import type { Datagrams } from "../transport/transport.ts";
import { encodeDatagram, MAX_DATAGRAM_BYTES } from "../wire/datagram.ts";
import { hasDatagrams } from "../wire/version.ts";
import type { SessionContext } from "./context.ts";
import type { SubscriptionOrder } from "./priority.ts";
import type { Flow } from "./pacing/send_window.ts";

/** What makes a {@linkcode DatagramSender}. */
interface DatagramSenderOptions {
  /** The subscription, as the peer numbered it. */
  readonly subscribeId: number;
  /** Its place among the send orders. */
  readonly order: SubscriptionOrder;
}

/** Sends the datagrams of one subscription. */
export class DatagramSender {
  readonly #context: SessionContext;
  readonly #datagrams: Datagrams;
  readonly #options: DatagramSenderOptions;
  #flow: Flow | undefined;
  #priority: number | undefined;

  private constructor(
    context: SessionContext,
    datagrams: Datagrams,
    options: DatagramSenderOptions,
  ) {
    this.#context = context;
    this.#datagrams = datagrams;
    this.#options = options;
  }

  /** A sender, if draft, transport and peer support unreliable datagrams. */
  static open(
    context: SessionContext,
    options: DatagramSenderOptions,
  ): DatagramSender | undefined {
    const { transport: { datagrams }, version } = context;
    const canSend = hasDatagrams(version) && datagrams?.isUnreliable &&
      datagrams.maxBytes > 0;
    return canSend
      ? new DatagramSender(context, datagrams, options)
      : undefined;
  }

  /** Sends `group`, or drops it if the path has no room; `false` if it is too large and must go on a stream. */
  send(group: GroupProducer, priority: number): boolean {
    const frame = group.frame(0, 0);
    if (!frame) return true; // It was evicted before it could be sent.
    const { subscribeId } = this.#options;
    const { sequence } = group;
    const body = encodeDatagram({ subscribeId, sequence, ...frame });
    const { maxBytes } = this.#datagrams;
    const { byteLength } = body;
    if (byteLength > Math.min(MAX_DATAGRAM_BYTES, maxBytes)) return false;
    const { stats } = this.#context;
    if (!this.#flowAt(priority).grantWhole(byteLength)) {
      stats.droppedDatagrams++;
      return true;
    }
    this.#datagrams.send(body);
    stats.sentDatagrams++;
    stats.sentFrames++;
    stats.sentBytes += frame.payload.byteLength;
    return true;
  }

  #flowAt(priority: number): Flow {
    if (this.#flow && this.#priority === priority) return this.#flow;
    this.close();
    this.#priority = priority;
    return this.#flow = this.#context.path.open(
      this.#options.order.next(priority),
      true,
    );
  }

  /** Nothing more will be sent. */
  close(): void {
    this.#flow?.close();
    this.#flow = undefined;
  }
}
