/**
 * What the path to one peer carries, and so how much may be on its way, from
 * barriers or from the transport's own statistics; see this folder's README.
 *
 * @module
 */
import { asMoqError, MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import type { Clock } from "../../time.ts";
import type { PathReport } from "../../transport/transport.ts";
import { type BarrierContext, crossBarrier } from "./barrier.ts";
import { DeliveryRate } from "./delivery_rate.ts";
import { CONTROL_ORDER, LAST_ORDER } from "../priority.ts";
import { type Flow, SendWindow } from "./send_window.ts";
import type { Tasks } from "../../tasks.ts";

/** What is needed of a session. */
interface CongestionContext extends BarrierContext {
  readonly clock: Clock;
  /** The session's tasks. */
  readonly tasks: Tasks;
  /** Closes the session with an error. */
  fail(error: MoqError): void;
}

/** What is known of the path to a peer. */
export interface PathState {
  /** The last round trip in milliseconds, `undefined` before the first. */
  readonly rttMs: number | undefined;
  /** Bits per second that arrived while more was there to be sent; 0 when that has not been so lately. */
  readonly bitrateBps: number;
  /** Bytes written that the peer has not confirmed; 0 where the transport reports for itself. */
  readonly unconfirmedBytes: number;
  /** Whether what is written takes notably longer than a round trip to arrive. */
  readonly isCongested: boolean;
}

/** Barriers of both kinds together, within one second. */
const MAX_BARRIERS_PER_SECOND = 4;
/** What may be on its way to a peer of which nothing is known yet. */
const FIRST_WINDOW_BYTES = 256 * 1024;
const MIN_WINDOW_BYTES = 16 * 1024;
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
/** By how much a window grows at once on a path that has been full lately. */
const CAREFUL_GROWTH = 1.25;
/** How long a full window may take to arrive, beyond a round trip. */
const TARGET_MS = 250;
/** Arriving later than this beyond a round trip, the path is congested. */
const CONGESTED_MS = 150;
/** A barrier this soon after the last one shows that the window limits the rate. */
const BUSY_MS = 2000;
const LOW_INTERVAL_MS = 2000;
const HIGH_INTERVAL_MS = 1000;
const IDLE_HIGH_INTERVAL_MS = 5000;
/** Draining faster than this, the window was the limit and not the path. */
const MIN_DRAIN_MS = 50;
const REPORT_INTERVAL_MS = 1000;
/** How long a peer may answer nothing. */
const ANSWER_TIMEOUT_MS = 5000;
/** How long a low barrier may take: its peer answers high ones and never takes what it asked for. */
const LOW_TIMEOUT_MS = 30_000;

/** A barrier on its way. */
interface PendingBarrier {
  /** When it was asked for. */
  readonly since: number;
}

/** The path to one peer. Costs nothing until something is sent or asked. */
export class Congestion implements PathState {
  /** Wakes when {@linkcode Congestion.rttMs} or {@linkcode Congestion.bitrateBps} may have changed. */
  readonly changed: Latch = new Latch();
  readonly #context: CongestionContext;
  readonly #window: SendWindow;
  readonly #rate = new DeliveryRate();
  readonly #sentAt: number[] = [];
  #low: PendingBarrier | undefined;
  #high: PendingBarrier | undefined;
  #isRunning = false;
  #isAsked = false;
  #rttMs: number | undefined;
  #minRttMs: number | undefined;
  #lastLowAt = -Infinity;
  #lastHighAt = -Infinity;
  #heardAt = -Infinity;
  #isCongested = false;

  /** The path under `context`. */
  constructor(context: CongestionContext) {
    this.#context = context;
    const { transport } = context;
    this.#window = new SendWindow(
      transport.report ? Infinity : FIRST_WINDOW_BYTES,
    );
  }

  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  get bitrateBps(): number {
    return this.#rate.at(this.#context.clock.now());
  }

  get unconfirmedBytes(): number {
    return this.#context.transport.report ? 0 : this.#window.bytes;
  }

  /** Bytes that may be unconfirmed. */
  get windowBytes(): number {
    return this.#window.size;
  }

  get isCongested(): boolean {
    return this.#isCongested || this.#lowDelayMs() > CONGESTED_MS;
  }

  /** The bytes of a stream of this send order, or of datagrams, on their way; see `Flow`. */
  open(sendOrder: number, isDatagrams = false): Flow {
    this.#run();
    return this.#window.open(sendOrder, isDatagrams);
  }

  /** A reset took up to `bytes` back that were written: they say nothing of the rate. */
  withdraw(bytes: number): void {
    this.#rate.withdraw(bytes);
  }

  /** Measures a round trip even if nothing is sent. */
  ask(): void {
    this.#isAsked = true;
    this.#run();
    this.#window.activity.wake();
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const { tasks, transport } = this.#context;
    tasks.run(
      "congestion",
      transport.report ? this.#runReports() : this.#runBarriers(),
    );
  }

  async #runReports(): Promise<void> {
    const { transport, signal } = this.#context;
    while (!signal.aborted) {
      if (this.#isAsked) this.#take(await transport.report!());
      await this.#pause(this.#isAsked ? REPORT_INTERVAL_MS : Infinity);
    }
  }

  #take({ rttMs, bitrateBps }: PathReport): void {
    this.#rttMs = rttMs ?? this.#rttMs;
    this.#rate.report(bitrateBps ?? 0, this.#context.clock.now());
    this.changed.wake();
  }

  async #runBarriers(): Promise<void> {
    const { clock, signal, tasks } = this.#context;
    while (!signal.aborted) {
      if (this.#hasTimedOut()) return;
      const low = this.#nextLow();
      const high = this.#nextHigh();
      const at = Math.max(Math.min(low, high), this.#nextBudget());
      if (at > clock.now()) {
        await this.#pause(Math.min(at, this.#answerDeadline()) - clock.now());
      } else if (high <= low) {
        tasks.run("round trip", this.#measureRoundTrip());
      } else {
        tasks.run("barrier", this.#confirmWritten());
      }
    }
  }

  /** Waits until something happens, at most `ms`. */
  async #pause(ms: number): Promise<void> {
    const { activity } = this.#window;
    const { clock, signal } = this.#context;
    if (signal.aborted) return;
    const release = activity.wakeOn(signal);
    const cancel = ms < Infinity
      ? clock.after(Math.max(0, ms), () => activity.wake())
      : undefined;
    await activity.changed();
    cancel?.();
    release();
  }

  /** When the next low barrier is due. */
  #nextLow(): number {
    const { unmarked, size, isFull } = this.#window;
    if (this.#low || unmarked === 0) return Infinity;
    // On a congested path the whole window goes behind one barrier, so that its answer tells the rate.
    const isDue = isFull || (!this.#isCongested && unmarked >= size / 2);
    if (isDue) return -Infinity;
    return this.#lastLowAt + LOW_INTERVAL_MS;
  }

  /** When the next high barrier is due: seldom while all is well, so that nobody pays for what nobody needs. */
  #nextHigh(): number {
    if (this.#high) return Infinity;
    const isSending = this.#window.bytes > 0;
    if (this.#rttMs === undefined) {
      return isSending || this.#isAsked ? -Infinity : Infinity;
    }
    if (!isSending) return Infinity;
    return this.#low || this.#isCongested
      ? Math.max(this.#low?.since ?? 0, this.#lastHighAt) + HIGH_INTERVAL_MS
      : this.#lastHighAt + IDLE_HIGH_INTERVAL_MS;
  }

  #nextBudget(): number {
    const [oldest] = this.#sentAt;
    const isSpent = this.#sentAt.length >= MAX_BARRIERS_PER_SECOND;
    return isSpent ? oldest! + 1000 : -Infinity;
  }

  /** When the peer has owed an answer for too long. */
  #answerDeadline(): number {
    return Math.min(
      this.#waitingSince() + ANSWER_TIMEOUT_MS,
      (this.#low?.since ?? Infinity) + LOW_TIMEOUT_MS,
    );
  }

  /** Since when the peer owes an answer and gave none. */
  #waitingSince(): number {
    const since = Math.min(
      this.#low?.since ?? Infinity,
      this.#high?.since ?? Infinity,
    );
    return Math.max(since, this.#heardAt);
  }

  /** Whether the peer has answered nothing for too long, which ends the session. */
  #hasTimedOut(): boolean {
    const { clock, fail } = this.#context;
    if (clock.now() < this.#answerDeadline()) return false;
    const { bytes } = this.#window;
    fail(
      new MoqError(
        "lagged",
        `Peer stopped reading: ${bytes} bytes unconfirmed`,
      ),
    );
    return true;
  }

  #begin(): PendingBarrier {
    const since = this.#context.clock.now();
    this.#sentAt.push(since);
    if (this.#sentAt.length > MAX_BARRIERS_PER_SECOND) this.#sentAt.shift();
    return { since };
  }

  /** A high barrier. */
  async #measureRoundTrip(): Promise<void> {
    this.#high = this.#begin();
    this.#lastHighAt = this.#high.since;
    const ms = await this.#cross(CONTROL_ORDER);
    this.#high = undefined;
    if (ms === undefined) return;
    this.#rttMs = ms;
    const least = this.#minRttMs ?? ms;
    // A path that has become longer is believed little by little.
    this.#minRttMs = ms < least ? ms : least + (ms - least) / 16;
    this.#heard();
  }

  /** A low barrier. */
  async #confirmWritten(): Promise<void> {
    this.#low = this.#begin();
    const { since } = this.#low;
    const isBusy = since - this.#lastLowAt < BUSY_MS;
    this.#lastLowAt = since;
    const ms = await this.#cross(LAST_ORDER);
    this.#low = undefined;
    if (ms === undefined) return;
    this.#confirmed(Math.max(0, ms - (this.#minRttMs ?? ms)), isBusy);
    this.#heard();
  }

  /** How long one barrier took from its request on; `undefined` when the session ended before. */
  async #cross(sendOrder: number): Promise<number | undefined> {
    const { clock, signal } = this.#context;
    let sentAt = 0;
    const onSent = (): void => {
      sentAt = clock.now();
      if (sendOrder === LAST_ORDER) this.#window.mark();
    };
    try {
      await crossBarrier(this.#context, { sendOrder, onSent });
      return clock.now() - sentAt;
    } catch (error) {
      const { code } = asMoqError(error);
      if (signal.aborted || code === "transport") return undefined;
      throw error;
    }
  }

  #heard(): void {
    this.#heardAt = this.#context.clock.now();
    this.changed.wake();
    this.#window.activity.wake();
  }

  /** Everything up to the mark has arrived, `drainMs` beyond a round trip after it was written. */
  #confirmed(drainMs: number, isBusy: boolean): void {
    const window = this.#window;
    const { bytes, isFull } = window;
    window.confirm();
    this.#rate.answered({
      at: this.#context.clock.now(),
      confirmedBytes: window.written - window.bytes,
      isSaturated: isFull && drainMs >= MIN_DRAIN_MS,
    });
    this.#isCongested = drainMs > CONGESTED_MS;
    const { size } = window;
    // A round trip passes before an answer lets the next bytes go: the window has to cover it.
    const targetMs = TARGET_MS + (this.#minRttMs ?? 0);
    const fitting = Math.round(bytes * targetMs / Math.max(1, drainMs));
    if (drainMs > targetMs) {
      window.resize(Math.max(MIN_WINDOW_BYTES, Math.min(size, fitting)));
    } else if (isFull || isBusy) {
      // What was lost and is not sent again yet can be overtaken by a barrier: one early answer is no wide path.
      const most = this.bitrateBps > 0 ? size * CAREFUL_GROWTH : size * 2;
      const wider = Math.max(size, Math.min(fitting, Math.round(most)));
      window.resize(Math.min(MAX_WINDOW_BYTES, wider));
    }
  }

  /** How long the low barrier on its way has taken beyond a round trip. */
  #lowDelayMs(): number {
    if (!this.#low) return 0;
    const { clock } = this.#context;
    return clock.now() - this.#low.since - (this.#minRttMs ?? 0);
  }
}
