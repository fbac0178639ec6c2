/**
 * The groups of one subscription that are being sent, and which of them are no
 * longer worth it when the path cannot carry all. moq-lite-06, "SUBSCRIBE",
 * maximum age.
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
/** Waiting longer than this, a group is held up even where nobody measures the path. */
const HELD_UP_MS = 500;

/** Up to which age groups behind the newest are wanted. */
interface Freshness {
  /** Milliseconds of media time; `undefined` where the draft gives it no meaning. */
  readonly maxAgeMs: number | undefined;
  /** Ticks per second of the track. */
  readonly timescale: number;
  /** The track's groups, of which the one with the highest sequence counts, sent or not. */
  readonly live: { readonly latest: GroupProducer | undefined };
}

/** One group on its way to the peer. */
export class Sending implements Pace {
  /** The group. */
  readonly group: GroupProducer;
  /** Lets the bytes through, in the order of its stream. */
  readonly flow: Flow;
  readonly #owner: SendingGroups;
  // Most groups go out in one piece, and nobody asks for it.
  #controller: AbortController | undefined;
  #cutBy: MoqError | undefined;
  #waitingSince: number | undefined;
  #waitsForRoom = false;
  #hasWaited = false;
  #newer = 0;
  #next: GroupProducer | undefined;
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

  /** Since when it waits, for its stream or for room; `undefined` while it does not. */
  get waitingSince(): number | undefined {
    return this.#waitingSince;
  }

  /** Whether it waits because too much is on its way already. */
  get waitsForRoom(): boolean {
    return this.#waitsForRoom;
  }

  /** Whether there is more of it than the path takes. */
  get isBehind(): boolean {
    if (this.isCut) return false;
    const isComplete = this.group.log.ended !== undefined;
    return this.#waitsForRoom || this.#hasWaited && isComplete;
  }

  /** How many groups with a higher sequence have begun since. */
  get newer(): number {
    return this.#newer;
  }

  /** Of those the one with the lowest sequence: until its first frame this one was the live edge. */
  get next(): GroupProducer | undefined {
    return this.#next;
  }

  /** Another group of the subscription has begun. */
  hasBegun(other: GroupProducer): void {
    if (other.sequence <= this.group.sequence) return;
    this.#newer++;
    if (!this.#next || other.sequence < this.#next.sequence) this.#next = other;
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
    // What became too old while it waited does not go out any more.
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

  /** How many bytes the reset of its stream took back, of which `sentBytes` had left; at most what was on its way where nobody knows. 0 unless it was cut. */
  withdrawnBytes(sentBytes: number | undefined): number {
    return sentBytes === undefined || !this.isCut
      ? this.#underwayBytes
      : Math.max(0, this.#grantedBytes - sentBytes);
  }

  /** Ends it early. */
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
  /** Its stream's; it is closed with the group. */
  readonly flow: Flow;
}

/** All groups of one subscription on their way. */
export class SendingGroups {
  /** Time. */
  readonly clock: Clock;
  /** What is too old. */
  freshness: Freshness = {
    maxAgeMs: undefined,
    timescale: 1000,
    live: { latest: undefined },
  };
  /** Wakes when a group that waited goes on or has gone. */
  readonly latch: Latch = new Latch();
  readonly #path: Pick<PathState, "isCongested">;
  readonly #active: Set<Sending> = new Set();
  // Those with the highest sequences so far, ascending, sent or not.
  readonly #newest: GroupProducer[] = [];

  /** None yet, on `path`. */
  constructor(clock: Clock, path: Pick<PathState, "isCongested">) {
    this.clock = clock;
    this.#path = path;
  }

  /** Whether as many groups are behind as may be, and all of them are wanted: no other should begin. Where nothing old is wanted, or a draft gives the age no meaning, newer groups take the place of older ones instead. */
  get isFull(): boolean {
    if (!this.freshness.maxAgeMs) return false;
    let behind = 0;
    for (const { isBehind } of this.#active) if (isBehind) behind++;
    return behind >= MAX_PENDING_GROUPS;
  }

  /** A group begins; older ones that wait may have to go. */
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

  /** Cuts the groups that are held up and that newer ones have made worthless. */
  cutStale(): void {
    const now = this.clock.now();
    for (const sending of this.#active) {
      const { waitingSince, isCut } = sending;
      if (waitingSince === undefined || isCut) continue;
      const isHeldUp = now - waitingSince > HELD_UP_MS ||
        sending.waitsForRoom && this.#path.isCongested;
      if (!isHeldUp || !this.#isStale(sending)) continue;
      const { sequence } = sending.group;
      sending.cut(
        new MoqError("expired", `Group ${sequence} has become too old`),
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
