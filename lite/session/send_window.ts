/**
 * How much may be on its way to one peer. What is written to a transport can
 * rarely be taken back, so what does not fit waits here, where it can still be
 * dropped, and the most important goes first as soon as there is room.
 *
 * @module
 */
import { Latch } from "../latch.ts";

/** Above the priority of every track: answers on the peer's own streams, which go before all groups. */
export const ANSWER_PRIORITY = 256;

// Streams that the peer opened have this one, above all groups.
const ANSWER_ORDER = 0;
// Important bytes overtake the others, so they have a window of their own up to this many times the size.
const MAX_WINDOWS = 3;

/** What one subscription or answer has on its way. */
export class Flow {
  /** 0 to 255 for groups, {@linkcode ANSWER_PRIORITY} for answers. */
  priority: number;
  readonly #window: SendWindow;
  #marked = 0;
  #unmarked = 0;

  /** Use {@linkcode SendWindow.open}. */
  constructor(window: SendWindow, priority: number) {
    this.#window = window;
    this.priority = priority;
  }

  /** Bytes on their way. */
  get bytes(): number {
    return this.#marked + this.#unmarked;
  }

  /** How many of `wanted` bytes may be written now at `sendOrder`; they count as written. 0: {@linkcode Flow.wait}. */
  grant(wanted: number, sendOrder: number): number {
    return this.#window.admit(this, { wanted, sendOrder });
  }

  /** As {@linkcode Flow.grant} as soon as there is room; 0 when `signal` aborts before. */
  wait(demand: Demand, signal: AbortSignal): Promise<number> {
    return this.#window.wait(this, { ...demand, signal });
  }

  /** Counts bytes as written, granted or not. */
  count(bytes: number): void {
    this.#unmarked += bytes;
    this.#window.count(bytes);
  }

  /** A barrier was written behind everything so far. */
  mark(): void {
    this.#marked += this.#unmarked;
    this.#unmarked = 0;
  }

  /** That barrier was answered. */
  confirm(): void {
    this.#marked = 0;
  }

  /** Nothing more will be written; what is on its way still counts. */
  close(): void {
    this.#window.close(this);
  }
}

/** Lets the bytes of one answer through: as important as its flow, and never too old. */
export class AnswerPace {
  readonly #flow: Flow;
  readonly #signal: AbortSignal;

  /** Until `signal` aborts. */
  constructor(flow: Flow, signal: AbortSignal) {
    this.#flow = flow;
    this.#signal = signal;
  }

  grant(wanted: number): number {
    return this.#flow.grant(wanted, ANSWER_ORDER);
  }

  wait(wanted: number): Promise<number> {
    const demand = { wanted, sendOrder: ANSWER_ORDER };
    return this.#flow.wait(demand, this.#signal);
  }

  beginWait(): void {
    // How long it waits matters to nobody.
  }

  endWait(): void {
    // As above.
  }
}

/** What a write asks for. */
export interface Demand {
  /** Bytes. */
  readonly wanted: number;
  /** The send order of its stream. */
  readonly sendOrder: number;
}

/** The bytes on their way to one peer, and who waits to add to them. */
export class SendWindow {
  /** Wakes when the first byte behind a mark is written, when half the window is, and when a writer begins to wait. */
  readonly activity: Latch = new Latch();
  readonly #flows: Set<Flow> = new Set();
  readonly #closing: Set<Flow> = new Set();
  readonly #waiting: Set<{ readonly sendOrder: number }> = new Set();
  readonly #latch = new Latch();
  #size: number;
  #written = 0;
  #marked = 0;
  #unmarked = 0;

  /** A window of `size` bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Bytes that may be on their way, those of the most important flows alone excepted. */
  get size(): number {
    return this.#size;
  }

  /** Bytes written since the beginning. */
  get written(): number {
    return this.#written;
  }

  /** Bytes that nobody has confirmed. */
  get bytes(): number {
    return this.#marked + this.#unmarked;
  }

  /** Bytes written since the last mark. */
  get unmarked(): number {
    return this.#unmarked;
  }

  /** Whether a writer waits. */
  get isFull(): boolean {
    return this.#waiting.size > 0;
  }

  /** A flow of its own. */
  open(priority: number): Flow {
    const flow = new Flow(this, priority);
    this.#flows.add(flow);
    return flow;
  }

  /** Changes the size. */
  resize(bytes: number): void {
    this.#size = bytes;
    this.#latch.wake();
  }

  /** A barrier was written: what is on its way now is behind the mark. */
  mark(): void {
    for (const flow of this.#flows) flow.mark();
    this.#marked += this.#unmarked;
    this.#unmarked = 0;
  }

  /** The barrier was answered: everything up to the mark has arrived. */
  confirm(): void {
    for (const flow of this.#flows) flow.confirm();
    for (const flow of this.#closing) this.#forget(flow);
    this.#marked = 0;
    this.#latch.wake();
  }

  /** How much of a demand fits; counts as written. */
  admit(flow: Flow, { wanted, sendOrder }: Demand): number {
    const granted = Math.min(wanted, this.#roomFor(flow, sendOrder));
    if (granted > 0) flow.count(granted);
    return granted;
  }

  /** Counts bytes of a flow as written; call {@linkcode Flow.count}. */
  count(bytes: number): void {
    const before = this.#unmarked;
    const half = this.#size / 2;
    this.#written += bytes;
    this.#unmarked += bytes;
    if (before === 0 || (before < half && this.#unmarked >= half)) {
      this.activity.wake();
    }
  }

  /** Grants as soon as there is room and nobody more important waits; 0 when `signal` aborts before. */
  async wait(
    flow: Flow,
    { wanted, sendOrder, signal }: Demand & { readonly signal: AbortSignal },
  ): Promise<number> {
    const release = this.#latch.wakeOn(signal);
    const waiter = { sendOrder };
    this.#waiting.add(waiter);
    if (this.#waiting.size === 1) this.activity.wake();
    try {
      while (!signal.aborted) {
        const granted = this.admit(flow, { wanted, sendOrder });
        if (granted > 0) return granted;
        await this.#latch.changed();
      }
      return 0;
    } finally {
      release();
      this.#waiting.delete(waiter);
      // Those behind it had to wait for it.
      this.#latch.wake();
    }
  }

  /** `flow` writes no more; it goes when its bytes have arrived. */
  close(flow: Flow): void {
    this.#closing.add(flow);
    this.#forget(flow);
  }

  #forget(flow: Flow): void {
    if (flow.bytes > 0) return;
    this.#closing.delete(flow);
    this.#flows.delete(flow);
  }

  #roomFor(flow: Flow, sendOrder: number): number {
    if (this.#waiting.size > 0 && this.#isOvertaking(sendOrder)) return 0;
    const room = this.#size - this.bytes;
    if (room > 0) return room;
    const all = this.#size * MAX_WINDOWS - this.bytes;
    const ahead = this.#size - this.#bytesFrom(flow.priority);
    return Math.max(0, Math.min(all, ahead));
  }

  #isOvertaking(sendOrder: number): boolean {
    for (const waiter of this.#waiting) {
      if (waiter.sendOrder > sendOrder) return true;
    }
    return false;
  }

  /** Bytes on their way at `priority` or above: what a write at that priority has to wait for. */
  #bytesFrom(priority: number): number {
    let bytes = 0;
    for (const flow of this.#flows) {
      if (flow.priority >= priority) bytes += flow.bytes;
    }
    return bytes;
  }
}
