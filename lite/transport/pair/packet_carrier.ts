/**
 * One direction of a simulated path: what a QUIC sender does in outline, and
 * the bottleneck it meets. Streams do not wait for each other's losses.
 *
 * @module
 */
import { Latch } from "../../latch.ts";
import type { Clock } from "../../time.ts";
import { type Carrier, type Piece, type Sender, SendTurns } from "./carrier.ts";

/** Options of {@linkcode PacketCarrier}; `simulated.ts` says what they mean. */
interface PacketCarrierOptions {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Decides which packets are lost. */
  readonly seed: number;
  /** Propagation delay. */
  readonly oneWayMs: number;
  /** Rate of the bottleneck. */
  readonly bandwidthBps: number;
  /** Share of packets lost at random. */
  readonly loss: number;
  /** What the bottleneck queues. */
  readonly queueBytes: number;
  /** What is held until it is acknowledged. */
  readonly sendBufferBytes: number;
}

const PAYLOAD_BYTES = 1200;
const OVERHEAD_BYTES = 50;
const CONTROL_BYTES = 60;
const FIRST_WINDOW_BYTES = 12 * PAYLOAD_BYTES;
const MIN_WINDOW_BYTES = 2 * PAYLOAD_BYTES;
const FLUSH_MS = 1000;

/** Packets of at most 1200 bytes of one stream each, under slow start and additive increase. */
export class PacketCarrier implements Carrier {
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #sendBufferBytes: number;
  readonly #turns = new SendTurns();
  readonly #waiting = new Set<Sender>();
  readonly #idle = new Latch();
  #heldBytes = 0;
  #inFlightBytes = 0;
  #windowBytes = FIRST_WINDOW_BYTES;
  #slowStartBytes = Infinity;
  #recoveryEnd = -Infinity;
  #stopped = false;

  /** A carrier for one end. */
  constructor(options: PacketCarrierOptions) {
    this.#clock = options.clock;
    this.#sendBufferBytes = options.sendBufferBytes;
    this.#link = new Link(options);
  }

  get roomBytes(): number {
    return this.#sendBufferBytes - this.#heldBytes;
  }

  hold(bytes: number): void {
    const wasFull = this.roomBytes <= 0;
    this.#heldBytes += bytes;
    if (!wasFull || this.roomBytes <= 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const sender of waiting) sender.admit();
  }

  wake(sender: Sender): void {
    if (this.#stopped) return;
    this.#turns.add(sender);
    if (this.roomBytes <= 0) this.#waiting.add(sender);
    // After the turn that wrote it, as a runtime does: what is written together leaves in send order.
    queueMicrotask(() => this.#pump());
  }

  control(deliver: () => void): void {
    const arrivesInMs = this.#link.carry(CONTROL_BYTES);
    if (arrivesInMs !== undefined) this.#clock.after(arrivesInMs, deliver);
    else this.#clock.after(this.#link.rttMs, () => this.control(deliver));
  }

  datagram(bytes: number, deliver: () => void): void {
    const arrivesInMs = this.#link.carry(bytes + OVERHEAD_BYTES);
    if (arrivesInMs !== undefined) this.#clock.after(arrivesInMs, deliver);
  }

  async flushed(): Promise<void> {
    let isLate = false;
    const cancel = this.#clock.after(FLUSH_MS, () => {
      isLate = true;
      this.#idle.wake();
    });
    while (!isLate && !this.#stopped && this.#isBusy) {
      await this.#idle.changed();
    }
    cancel();
  }

  stop(): void {
    this.#stopped = true;
    this.#turns.clear();
    this.#waiting.clear();
    this.#idle.wake();
  }

  get #isBusy(): boolean {
    return this.#inFlightBytes > 0 || this.#turns.next() !== undefined;
  }

  #pump(): void {
    while (this.#inFlightBytes < this.#windowBytes) {
      const sender = this.#turns.next();
      const piece = sender?.take(PAYLOAD_BYTES);
      if (!sender || !piece) return;
      this.#send(sender, piece);
    }
  }

  #send(sender: Sender, piece: Piece): void {
    const bytes = piece.bytes.byteLength + OVERHEAD_BYTES;
    this.#inFlightBytes += bytes;
    const arrivesInMs = this.#link.carry(bytes);
    if (arrivesInMs === undefined) {
      this.#clock.after(this.#link.rttMs, () => {
        this.#lost(bytes);
        sender.lose(piece);
        this.#pump();
      });
      return;
    }
    this.#clock.after(arrivesInMs, () => sender.deliver(piece));
    this.#clock.after(arrivesInMs + this.#link.oneWayMs, () => {
      this.#acknowledged(bytes);
      this.hold(-piece.bytes.byteLength);
      this.#pump();
      this.#idle.wake();
    });
  }

  #acknowledged(bytes: number): void {
    const wasFull = this.#inFlightBytes + bytes >= this.#windowBytes;
    this.#inFlightBytes -= bytes;
    if (!wasFull) return;
    this.#windowBytes += this.#windowBytes < this.#slowStartBytes
      ? bytes
      : PAYLOAD_BYTES * bytes / this.#windowBytes;
  }

  // Losses within one round trip count once.
  #lost(bytes: number): void {
    this.#inFlightBytes -= bytes;
    if (this.#clock.now() < this.#recoveryEnd) return;
    this.#recoveryEnd = this.#clock.now() + this.#link.rttMs;
    this.#windowBytes = Math.max(MIN_WINDOW_BYTES, this.#windowBytes / 2);
    this.#slowStartBytes = this.#windowBytes;
  }
}

/** A bottleneck with a drop-tail queue, then the long way. */
class Link {
  readonly oneWayMs: number;
  readonly #options: PacketCarrierOptions;
  #freeAt = 0;
  #randomState: number;

  constructor(options: PacketCarrierOptions) {
    this.#options = options;
    this.oneWayMs = options.oneWayMs;
    this.#randomState = options.seed;
  }

  /** A round trip with the queue as it is. */
  get rttMs(): number {
    return 2 * this.oneWayMs + this.#queueMs;
  }

  /** In how many milliseconds a packet sent now arrives, `undefined` when it is lost. */
  carry(bytes: number): number | undefined {
    const { bandwidthBps, loss, queueBytes } = this.#options;
    const queuedBytes = this.#queueMs === 0
      ? 0
      : this.#queueMs * bandwidthBps / 8000;
    if (queuedBytes > 0 && queuedBytes + bytes > queueBytes) return undefined;
    const queueMs = this.#queueMs + bytes * 8000 / bandwidthBps;
    this.#freeAt = this.#options.clock.now() + queueMs;
    return this.#random() < loss ? undefined : queueMs + this.oneWayMs;
  }

  get #queueMs(): number {
    return Math.max(0, this.#freeAt - this.#options.clock.now());
  }

  /** The next number from 0 to below 1: mulberry32. */
  #random(): number {
    this.#randomState = (this.#randomState + 0x6d2b79f5) | 0;
    let bits = Math.imul(
      this.#randomState ^ (this.#randomState >>> 15),
      1 | this.#randomState,
    );
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  }
}
