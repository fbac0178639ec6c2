/**
 * From what a subscriber wants to the send order a transport takes: track
 * priority first, then the older subscription, then the newer group. The order
 * is fixed when a stream opens, since raising it on a starved stream does
 * nothing.
 *
 * @module
 */

/** Requests go before everything. */
export const CONTROL_ORDER = 2 ** 31 - 1;
/** What streams have that the peer opened: before all groups. */
export const ANSWER_ORDER = 0;
/** Behind every group: what is sent at this order leaves when everything else has left. */
export const LAST_ORDER = -(2 ** 31);

const SLOTS = 128;
const COUNTS = 2 ** 16 - 1;

/**
 * The send orders of one session's groups: negative i32, higher first. Answers
 * on streams that the peer opened have order 0, so they go before all groups.
 */
export class SendOrders {
  readonly #taken: Set<number> = new Set();

  /** A place among the subscriptions, the earliest free one; those beyond 127 share the last. */
  open(): SubscriptionOrder {
    let slot = 0;
    while (slot < SLOTS - 1 && this.#taken.has(slot)) slot++;
    this.#taken.add(slot);
    return new SubscriptionOrder(slot, this.#taken);
  }
}

/** The send orders of one subscription's groups. */
export class SubscriptionOrder {
  readonly #slot: number;
  readonly #taken: Set<number>;
  #count = 0;

  /** Use {@linkcode SendOrders.open}. */
  constructor(slot: number, taken: Set<number>) {
    this.#slot = slot;
    this.#taken = taken;
  }

  /** The order of the next group to be sent at `priority`, 0 to 255. Starts over after 65,535 groups, when the first ones are long gone. */
  next(priority: number): number {
    this.#count = this.#count % (COUNTS - 1) + 1;
    const place = SLOTS - 1 - this.#slot;
    return LAST_ORDER + priority * 2 ** 23 + place * 2 ** 16 + this.#count;
  }

  /** Gives the place back. */
  close(): void {
    this.#taken.delete(this.#slot);
  }
}
