/**
 * Measures the path to one peer, with barriers or the transport's own
 * statistics, and limits the unacknowledged bytes; see this folder's README.
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

/** The session, as congestion control sees it. */
interface CongestionContext extends BarrierContext {
  readonly clock: Clock;
  /** The session's background work. */
  readonly tasks: Tasks;
  /** Closes the session with an error. */
  fail(error: MoqError): void;
}

/** Measurements of the path to a peer. */
export interface PathState {
  /** The last round trip in milliseconds, `undefined` before the first. */
  readonly rttMs: number | undefined;
  /** Bits per second that arrived while more data was waiting; 0 if that was not measured recently. */
  readonly bitrateBps: number;
  /** Written bytes that the peer has not confirmed; 0 if the transport has its own statistics. */
  readonly unconfirmedBytes: number;
  /** Whether data takes notably longer than a round trip to arrive. */
  readonly isCongested: boolean;
}

/** Barriers of both kinds per second. */
const MAX_BARRIERS_PER_SECOND = 4;
/** The window before the first measurement. */
const FIRST_WINDOW_BYTES = 256 * 1024;
const MIN_WINDOW_BYTES = 16 * 1024;
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
/** Growth of the window on a path that was recently full. */
const CAREFUL_GROWTH = 1.25;
/** How long a full window should take to arrive, beyond a round trip. */
const TARGET_MS = 250;
/** The path is congested if data arrives later than this beyond a round trip. */
const CONGESTED_MS = 150;
/** If a barrier follows the last one within this time, the window limits the rate. */
const BUSY_MS = 2000;
const LOW_INTERVAL_MS = 2000;
const HIGH_INTERVAL_MS = 1000;
const IDLE_HIGH_INTERVAL_MS = 5000;
/** If the window drains faster than this, it was the limit and not the path. */
const MIN_DRAIN_MS = 50;
const REPORT_INTERVAL_MS = 1000;
/** Timeout of a peer that answers nothing. */
const ANSWER_TIMEOUT_MS = 5000;
/** Timeout of a low barrier: its peer answers high ones but never reads the data. */
const LOW_TIMEOUT_MS = 30_000;

/** A barrier in progress. */
interface PendingBarrier {
  /** When it was requested. */
  readonly since: number;
}

/** The path to one peer. Does nothing until data is sent or `ask` is called. */
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

  /** Counts the unacknowledged bytes of a stream with this send order, or of datagrams; see `Flow`. */
  open(sendOrder: number, isDatagrams = false): Flow {
    this.#run();
    return this.#window.open(sendOrder, isDatagrams);
  }

  /** A reset discarded up to `bytes` written bytes, which do not count for the rate. */
  withdraw(bytes: number): void {
    this.#rate.withdraw(bytes);
  }

  /** Measures round trips even if no data is sent. */
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

  /** Waits for activity, at most `ms`. */
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
    // On a congested path the whole window is sent before one barrier, so that its answer gives the rate.
    const isDue = isFull || (!this.#isCongested && unmarked >= size / 2);
    if (isDue) return -Infinity;
    return this.#lastLowAt + LOW_INTERVAL_MS;
  }

  /** When the next high barrier is due: rarely while the path is good, to save traffic. */
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

  /** When an unanswered barrier times out. */
  #answerDeadline(): number {
    return Math.min(
      this.#waitingSince() + ANSWER_TIMEOUT_MS,
      (this.#low?.since ?? Infinity) + LOW_TIMEOUT_MS,
    );
  }

  /** Since when the peer has answered nothing. */
  #waitingSince(): number {
    const since = Math.min(
      this.#low?.since ?? Infinity,
      this.#high?.since ?? Infinity,
    );
    return Math.max(since, this.#heardAt);
  }

  /** Whether the peer has timed out; ends the session if so. */
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
    // Adapt slowly to a path that has become longer.
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

  /** The round trip of one barrier; `undefined` if the session ended before. */
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

  /** Everything up to the mark arrived within `drainMs` beyond a round trip. */
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
    // The next bytes wait one round trip for an answer: the window must cover that.
    const targetMs = TARGET_MS + (this.#minRttMs ?? 0);
    const fitting = Math.round(bytes * targetMs / Math.max(1, drainMs));
    if (drainMs > targetMs) {
      window.resize(Math.max(MIN_WINDOW_BYTES, Math.min(size, fitting)));
    } else if (isFull || isBusy) {
      // A barrier can overtake lost data that was not resent yet: one early answer does not prove a fast path.
      const most = this.bitrateBps > 0 ? size * CAREFUL_GROWTH : size * 2;
      const wider = Math.max(size, Math.min(fitting, Math.round(most)));
      window.resize(Math.min(MAX_WINDOW_BYTES, wider));
    }
  }

  /** How long the low barrier in progress has taken beyond a round trip. */
  #lowDelayMs(): number {
    if (!this.#low) return 0;
    const { clock } = this.#context;
    return clock.now() - this.#low.since - (this.#minRttMs ?? 0);
  }
}
