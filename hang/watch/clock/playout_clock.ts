/**
 * The one clock that picture and sound share: which media time is due now.
 * It is learnt from when samples arrive; the one that was fastest on its way
 * tells where the live edge is.
 *
 * @module
 */
import { type Clock, systemClock } from "@moq-deno/lite";
import { PlayoutDelay } from "./playout_delay.ts";
import type { LatencyRange } from "./latency.ts";

// The fastest sample of the last one to two windows counts, so that clocks may drift against each other.
const WINDOW_MS = 10_000;
// Half a percent: not heard, and faster than any two clocks drift.
const SLEW_MS_PER_S = 5;
// A viewer that joins gets the newest group in a burst; until it is complete the live edge moves freely.
const SETTLING_MS = 500;
// A live edge so much earlier is taken at once.
const JUMP_MS = 100;
// Nothing was in time for so long: the publisher's timestamps start again, or the path is slower for good.
const LATE_FOR_MS = 1500;
const LATE_MARGIN_MS = 50;

/** Media time against the clock. */
export class PlayoutClock {
  readonly #clock: Clock;
  readonly #hold: PlayoutDelay;
  #offsetMs: number | undefined;
  #windowStartMs = 0;
  #windowMinMs = Infinity;
  #lastWindowMinMs = Infinity;
  #receivedMs = 0;
  #inTimeMs = 0;
  #joinedMs = 0;
  #slewedMs = 0;
  #edgeUs = 0;

  /**
   * The first sample that arrives is the live edge; `latency` bounds how long a sample is held after the fastest could
   * have been shown.
   */
  constructor(latency: LatencyRange, clock: Clock = systemClock) {
    this.#hold = new PlayoutDelay(latency);
    this.#clock = clock;
  }

  /** Bounds of how long a sample is held; may be changed at any time. */
  get latency(): LatencyRange {
    return this.#hold.range;
  }
  set latency(range: LatencyRange) {
    this.#hold.range = range;
  }

  /** The newest media time that has arrived, in microseconds. */
  get edgeUs(): number {
    return this.#edgeUs;
  }

  /** How long a sample is held now, in milliseconds. */
  get holdMs(): number {
    return this.#hold.ms;
  }

  /** How much later than the fastest all but the odd sample are ready, in milliseconds. */
  get jitterMs(): number {
    return this.#hold.jitterMs;
  }

  /** A track begins to be read; late samples in its first group are expected. */
  joined(): void {
    this.#joinedMs = this.#clock.now();
  }

  /** Sound joins a picture: it has to arrive earlier than pictures alone show. */
  soundJoined(): void {
    this.#hold.guess();
  }

  /** A sample with this presentation time has arrived just now, and takes `costMs` more until it can be shown. */
  received(timestampUs: number, costMs = 0): void {
    const nowMs = this.#clock.now();
    const offsetMs = nowMs - timestampUs / 1000;
    if (this.#offsetMs === undefined || this.#isLost(offsetMs, nowMs)) {
      this.#anchor(offsetMs, nowMs);
      this.#edgeUs = timestampUs;
      return;
    }
    this.#edgeUs = Math.max(this.#edgeUs, timestampUs);
    this.#roll(nowMs);
    this.#windowMinMs = Math.min(this.#windowMinMs, offsetMs);
    this.#approach(nowMs);
    if (this.#isSettling(nowMs)) return this.#hold.forgive();
    this.#hold.note(offsetMs - this.#offsetMs + costMs, nowMs);
  }

  /** The media time in microseconds to show now; `undefined` before anything has arrived. */
  playheadUs(): number | undefined {
    if (this.#offsetMs === undefined) return undefined;
    return (this.#clock.now() - this.#offsetMs - this.holdMs) * 1000;
  }

  /** Milliseconds until a sample is due, negative when it is late; 0 before anything has arrived. */
  untilDueMs(timestampUs: number): number {
    const playheadUs = this.playheadUs();
    return playheadUs === undefined ? 0 : (timestampUs - playheadUs) / 1000;
  }

  /** Milliseconds by which a sample is behind the live edge as it is now. */
  behindMs(timestampUs: number): number {
    if (this.#offsetMs === undefined) return 0;
    return this.#clock.now() - this.#offsetMs - timestampUs / 1000;
  }

  /** Forgets everything: another publisher has begun. */
  reset(): void {
    this.#offsetMs = undefined;
    this.#edgeUs = 0;
    this.#hold.reset();
  }

  #anchor(offsetMs: number, nowMs: number): void {
    this.#offsetMs = offsetMs;
    this.#joinedMs = nowMs;
    this.#slewedMs = nowMs;
    this.#windowStartMs = nowMs;
    this.#windowMinMs = offsetMs;
    this.#lastWindowMinMs = Infinity;
    this.#receivedMs = nowMs;
    this.#inTimeMs = nowMs;
  }

  #isLost(offsetMs: number, nowMs: number): boolean {
    const isInTime = offsetMs <=
      this.#offsetMs! + this.holdMs + LATE_MARGIN_MS;
    // A pause in which nothing came at all says nothing about what comes after it.
    if (nowMs - this.#receivedMs > LATE_FOR_MS) this.#inTimeMs = nowMs;
    if (isInTime) this.#inTimeMs = nowMs;
    this.#receivedMs = nowMs;
    return nowMs - this.#inTimeMs > LATE_FOR_MS;
  }

  #isSettling(nowMs: number): boolean {
    return nowMs - this.#joinedMs < SETTLING_MS;
  }

  #roll(nowMs: number): void {
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    this.#windowStartMs = nowMs;
    this.#lastWindowMinMs = this.#windowMinMs;
    this.#windowMinMs = Infinity;
  }

  #approach(nowMs: number): void {
    const targetMs = Math.min(this.#windowMinMs, this.#lastWindowMinMs);
    const differenceMs = targetMs - this.#offsetMs!;
    if (differenceMs < (this.#isSettling(nowMs) ? 0 : -JUMP_MS)) {
      this.#offsetMs = targetMs;
      return;
    }
    const elapsedMs = Math.min(1000, nowMs - this.#slewedMs);
    const stepMs = elapsedMs * SLEW_MS_PER_S / 1000;
    this.#slewedMs = nowMs;
    this.#offsetMs! += Math.max(-stepMs, Math.min(stepMs, differenceMs));
  }
}
