/**
 * How much may be on its way to one peer. What is written to a transport can
 * rarely be taken back, so what does not fit waits here, where it can still be
 * dropped, and the most important goes first as soon as there is room.
 *
 * @module
 */
import { Latch } from "../../latch.ts";

// Bytes of a higher send order overtake those on their way, so they may come on top of a full window, up to this share of it for each order...
const OVERTAKING_SHARE = 0.5;
// ...and this many windows altogether.
const MAX_WINDOWS = 3;

// Datagrams leave before all streams, so they may fill no more than this share of a window.
const DATAGRAM_SHARE = 0.25;

/** What a {@linkcode Flow} is for. */
interface FlowOptions {
  /** The stream's send order, or that of the groups sent as datagrams. */
  readonly sendOrder: number;
  /** Whether it is datagrams and not a stream. */
  readonly isDatagrams: boolean;
}

/** What one stream, or the datagrams of one subscription, have on their way. */
export class Flow {
  /** The stream's. */
  readonly sendOrder: number;
  /** Whether it is datagrams and not a stream. */
  readonly isDatagrams: boolean;
  readonly #window: SendWindow;
  #marked = 0;
  #unmarked = 0;

  /** Use {@linkcode SendWindow.open}. */
  constructor(window: SendWindow, { sendOrder, isDatagrams }: FlowOptions) {
    this.#window = window;
    this.sendOrder = sendOrder;
    this.isDatagrams = isDatagrams;
  }

  /** Bytes on their way. */
  get bytes(): number {
    return this.#marked + this.#unmarked;
  }

  /** How many of `wanted` bytes may be written now; they count as written. 0: {@linkcode Flow.wait}. */
  grant(wanted: number): number {
    return this.#window.admit(this, wanted);
  }

  /** Whether all of `bytes` may be written now; they count as written if so, and nothing does if not. */
  grantWhole(bytes: number): boolean {
    return this.#window.admitWhole(this, bytes);
  }

  /** As {@linkcode Flow.grant} as soon as there is room; 0 when `signal` aborts before. */
  wait(wanted: number, signal: AbortSignal): Promise<number> {
    return this.#window.wait(this, { wanted, signal });
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

/** The bytes on their way to one peer, and who waits to add to them. */
export class SendWindow {
  /** Wakes when the first byte behind a mark is written, when half the window is, and when a writer begins to wait. */
  readonly activity: Latch = new Latch();
  readonly #flows: Set<Flow> = new Set();
  readonly #closing: Set<Flow> = new Set();
  readonly #waiting: Set<Flow> = new Set();
  readonly #latch = new Latch();
  #size: number;
  #written = 0;
  #marked = 0;
  #unmarked = 0;
  #hasRefused = false;

  /** A window of `size` bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Bytes that may be on their way, those that overtake others excepted. */
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

  /** Whether a writer waits, or was refused since the last confirmation. */
  get isFull(): boolean {
    return this.#waiting.size > 0 || this.#hasRefused;
  }

  /** A flow for a stream of this send order, or for datagrams. */
  open(sendOrder: number, isDatagrams = false): Flow {
    const flow = new Flow(this, { sendOrder, isDatagrams });
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
    this.#hasRefused = false;
    this.#latch.wake();
  }

  /** How much of a demand fits; counts as written. */
  admit(flow: Flow, wanted: number): number {
    // Without a bound nothing needs to be counted, and nobody would confirm it.
    if (this.#size === Infinity) return wanted;
    const granted = Math.min(wanted, this.#roomFor(flow));
    if (granted > 0) flow.count(granted);
    return granted;
  }

  /** Admits a datagram, which can neither be cut in two nor wait; counts as written. */
  admitWhole(flow: Flow, bytes: number): boolean {
    if (this.#size === Infinity) return true;
    const { sendOrder } = flow;
    const room = Math.min(
      this.#size * DATAGRAM_SHARE - this.#datagramBytes(),
      Math.max(this.#size - this.bytes, this.#overtakingRoom(sendOrder)),
    );
    if (room >= bytes && !this.#isOvertaking(sendOrder)) {
      flow.count(bytes);
      return true;
    }
    if (!this.isFull) this.activity.wake();
    this.#hasRefused = true;
    return false;
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
    { wanted, signal }: {
      readonly wanted: number;
      readonly signal: AbortSignal;
    },
  ): Promise<number> {
    const release = this.#latch.wakeOn(signal);
    this.#waiting.add(flow);
    if (this.#waiting.size === 1) this.activity.wake();
    try {
      while (!signal.aborted) {
        const granted = this.admit(flow, wanted);
        if (granted > 0) return granted;
        await this.#latch.changed();
      }
      return 0;
    } finally {
      release();
      this.#waiting.delete(flow);
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

  #roomFor({ sendOrder }: Flow): number {
    if (this.#waiting.size > 0 && this.#isOvertaking(sendOrder)) return 0;
    const room = this.#size - this.bytes;
    return room > 0 ? room : this.#overtakingRoom(sendOrder);
  }

  /** Room on top of a full window, for what overtakes it. */
  #overtakingRoom(sendOrder: number): number {
    const all = this.#size * MAX_WINDOWS - this.bytes;
    const ahead = this.#size * OVERTAKING_SHARE - this.#bytesFrom(sendOrder);
    return Math.max(0, Math.floor(Math.min(all, ahead)));
  }

  #datagramBytes(): number {
    let bytes = 0;
    for (const flow of this.#flows) {
      if (flow.isDatagrams) bytes += flow.bytes;
    }
    return bytes;
  }

  #isOvertaking(sendOrder: number): boolean {
    for (const waiting of this.#waiting) {
      if (waiting.sendOrder > sendOrder) return true;
    }
    return false;
  }

  /** Bytes on their way at `sendOrder` or above: what a write at that order has to wait for. */
  #bytesFrom(sendOrder: number): number {
    let bytes = 0;
    for (const flow of this.#flows) {
      if (flow.sendOrder >= sendOrder) bytes += flow.bytes;
    }
    return bytes;
  }
}
