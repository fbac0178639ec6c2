/**
 * The groups of one subscription that are being sent, and which of them to cut
 * when the path cannot carry all. moq-lite-06, "SUBSCRIBE", maximum age.
 *
 * @module
 */
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import type { GroupProducer } from "../../model/group.ts";
import type { Clock } from "../../time.ts";
import type { Pace } from "../group_sender.ts";
import type { PathState } from "./congestion.ts";
import type { Flow } from "./send_window.ts";

/** Groups of one subscription that may wait for a stream or for room. */
export const MAX_PENDING_GROUPS = 2;
/** A group that waits longer than this is held up, even if the path is not measured. */
const HELD_UP_MS = 500;

/** The maximum age of groups behind the newest. */
interface Freshness {
  /** Milliseconds of media time; `undefined` on drafts without a maximum age. */
  readonly maxAgeMs: number | undefined;
  /** Ticks per second of the track. */
  readonly timescale: number;
  /** The track's groups: the one with the highest sequence is the newest, sent or not. */
  readonly live: { readonly latest: GroupProducer | undefined };
}

/** One group that is being sent. */
export class Sending implements Pace {
  /** The group. */
  readonly group: GroupProducer;
  /** Paces the bytes of its stream. */
  readonly flow: Flow;
  readonly #owner: SendingGroups;
  // Made when first used: most groups are sent in one piece without it.
  #controller: AbortController | undefined;
  #cutBy: MoqError | undefined;
  #waitingSince: number | undefined;
  #waitsForRoom = false;
  #hasWaited = false;
  /** Number of groups with a higher sequence that have started since. */
  newer = 0;
  /** Of those the one with the lowest sequence: before its first frame this one was the live edge. */
  next: GroupProducer | undefined;
  #grantedBytes = 0;
  #underwayBytes = 0;

  /** Use {@linkcode SendingGroups.begin}. */
  constructor(owner: SendingGroups, { group, flow }: SendingOptions) {
    this.#owner = owner;
    this.group = group;
    this.flow = flow;
  }

  /** Aborts when the group is cut or the subscription ends. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#cutBy) this.#controller.abort(this.#cutBy);
    }
    return this.#controller.signal;
  }

  /** Whether it has been cut. */
  get isCut(): boolean {
    return this.#cutBy !== undefined;
  }

  /** Whether it has waited too long, for its stream or for room on a congested path. */
  isHeldUp(
    now: number,
    { isCongested }: Pick<PathState, "isCongested">,
  ): boolean {
    if (this.#waitingSince === undefined || this.isCut) return false;
    return now - this.#waitingSince > HELD_UP_MS ||
      this.#waitsForRoom && isCongested;
  }

  /** Whether the path is too slow for it. */
  get isBehind(): boolean {
    if (this.isCut) return false;
    const isComplete = this.group.log.ended !== undefined;
    return this.#waitsForRoom || this.#hasWaited && isComplete;
  }

  /** Another group of the subscription has started. */
  hasBegun(other: GroupProducer): void {
    if (other.sequence <= this.group.sequence) return;
    this.newer++;
    if (!this.next || other.sequence < this.next.sequence) this.next = other;
  }

  grant(wanted: number): number {
    const granted = this.flow.grant(wanted);
    this.#grantedBytes += granted;
    return granted;
  }

  async wait(wanted: number): Promise<number> {
    const { signal } = this;
    this.beginWait();
    this.#waitsForRoom = true;
    this.#hasWaited = true;
    this.#owner.cutStale();
    const granted = signal.aborted ? 0 : await this.flow.wait(wanted, signal);
    this.#grantedBytes += granted;
    // Groups that became too old during the wait are not sent.
    this.#owner.cutStale();
    this.#waitsForRoom = false;
    this.endWait();
    this.#owner.latch.wake();
    return signal.aborted ? 0 : granted;
  }

  beginWait(): void {
    this.#waitingSince = this.#owner.clock.now();
  }

  endWait(): void {
    this.#waitingSince = undefined;
  }

  /** Number of bytes that the reset of its stream discarded, given the `sentBytes` that were sent; an upper bound if those are unknown. 0 unless it was cut. */
  withdrawnBytes(sentBytes: number | undefined): number {
    return sentBytes === undefined || !this.isCut
      ? this.#underwayBytes
      : Math.max(0, this.#grantedBytes - sentBytes);
  }

  /** Cuts it. */
  cut(error: MoqError): void {
    if (this.#cutBy) return;
    this.#cutBy = error;
    this.#underwayBytes = this.flow.bytes;
    this.#controller?.abort(error);
  }
}

/** What makes a {@linkcode Sending}. */
interface SendingOptions {
  readonly group: GroupProducer;
  /** The flow of its stream, which is closed with the group. */
  readonly flow: Flow;
}

/** All groups of one subscription that are being sent. */
export class SendingGroups {
  /** Timers. */
  readonly clock: Clock;
  /** When a group is too old. */
  freshness: Freshness = {
    maxAgeMs: undefined,
    timescale: 1000,
    live: { latest: undefined },
  };
  /** Wakes when a group that waited continues or has ended. */
  readonly latch: Latch = new Latch();
  readonly #path: Pick<PathState, "isCongested">;
  readonly #active: Set<Sending> = new Set();
  // The groups with the highest sequences so far, ascending, sent or not.
  readonly #newest: GroupProducer[] = [];

  /** Cuts groups when `path` is congested. */
  constructor(clock: Clock, path: Pick<PathState, "isCongested">) {
    this.clock = clock;
    this.#path = path;
  }

  /** Whether the limit of groups are behind and all of them are wanted: no new one should start. Without a maximum age, newer groups replace older ones instead. */
  get isFull(): boolean {
    if (!this.freshness.maxAgeMs) return false;
    let behind = 0;
    for (const { isBehind } of this.#active) if (isBehind) behind++;
    return behind >= MAX_PENDING_GROUPS;
  }

  /** Starts a group; may cut older ones that wait. */
  begin(options: SendingOptions): Sending {
    const sending = new Sending(this, options);
    const { group } = options;
    for (const other of this.#active) other.hasBegun(group);
    for (const other of this.#newest) sending.hasBegun(other);
    this.#active.add(sending);
    this.#newest.push(group);
    this.#newest.sort((a, b) => a.sequence - b.sequence);
    if (this.#newest.length > MAX_PENDING_GROUPS) this.#newest.shift();
    if (this.#active.size > 1) this.cutStale();
    return sending;
  }

  /** A group has been sent, or cut. */
  end(sending: Sending): void {
    this.#active.delete(sending);
    sending.flow.close();
    this.latch.wake();
  }

  /** Cuts all. */
  close(error: MoqError): void {
    for (const sending of this.#active) sending.cut(error);
    this.latch.wake();
  }

  /** Cuts groups that are held up and obsolete. */
  cutStale(): void {
    const now = this.clock.now();
    for (const sending of this.#active) {
      const isHeldUp = sending.isHeldUp(now, this.#path);
      if (!isHeldUp || !this.#isStale(sending)) continue;
      const { sequence } = sending.group;
      sending.cut(
        new MoqError("expired", `Group ${sequence} cut: it is too old`),
      );
      this.latch.wake();
    }
  }

  #isStale({ newer, next }: Sending): boolean {
    const { maxAgeMs, timescale, live } = this.freshness;
    if (maxAgeMs === undefined) return newer >= MAX_PENDING_GROUPS;
    const newest = live.latest;
    const since = next?.firstTimestamp ?? this.#newest.at(-1)?.firstTimestamp;
    const edge = newest?.lastTimestamp ?? newest?.firstTimestamp;
    if (!next || since === undefined) return false;
    return ((edge ?? since) - since) * 1000 >= maxAgeMs * timescale;
  }
}
