/**
 * Maps groups to send orders of the transport: track priority first, then the
 * older subscription, then the newer group. The order is fixed when a stream
 * opens, since raising it has no effect on a starved stream.
 *
 * @module
 */

/** The order of requests: before everything. */
export const CONTROL_ORDER = 2 ** 31 - 1;
/** The order of streams that the peer opened: before all groups. */
export const ANSWER_ORDER = 0;
/** After every group: sent when everything else was sent. */
export const LAST_ORDER = -(2 ** 31);

const SLOTS = 128;
const COUNTS = 2 ** 16 - 1;

/**
 * The send orders of one session's groups: negative i32, higher first. Answers
 * on streams that the peer opened have order 0, so they go before all groups.
 */
export class SendOrders {
  readonly #taken: Set<number> = new Set();

  /** Takes the first free place among the subscriptions; those after 127 share the last. */
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

  /** The order of the next group at `priority`, 0 to 255. Starts over after 65,535 groups, when the first ones have long ended. */
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
