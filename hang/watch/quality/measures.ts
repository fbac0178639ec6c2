/**
 * What the adaptive bitrate goes by, out of the counters of a player.
 *
 * @module
 */
import type { AbrMeasures } from "./abr_inputs.ts";

/** What a player counts and knows at one moment. */
export interface MeasureSources {
  /** `performance.now()` or the like. */
  readonly nowMs: number;
  /** Pictures shown since it was made. */
  readonly shownFrames: number;
  /** Pictures that came too late since it was made. */
  readonly droppedFrames: number;
  /** How much later than the fastest all but the odd sample come. */
  readonly jitterMs: number;
  /** Media that has arrived and is not due yet. */
  readonly bufferedMs: number;
  /** Pictures that wait for the decoder. */
  readonly decodeQueue: number;
  /** What the path carries; 0 is unknown. */
  readonly bandwidthBps: number;
}

// Long enough for a publisher that sends a second at a time.
const HALF_MS = 2000;
// Jitter that was there in the calm belongs to the publisher.
const CALM_MS = 60_000;
const MIN_PICTURES = 5;

interface Calm {
  readonly sinceMs: number;
  readonly jitterMs: number;
}

/** Turns counters into measures. Forget it when playback was interrupted. */
export class Measurer {
  #sources: MeasureSources[] = [];
  #calm: Calm | undefined;
  #lastCalm: Calm | undefined;

  /** One look. */
  measure(sources: MeasureSources): AbrMeasures {
    this.#sources.push(sources);
    const { nowMs, decodeQueue, bandwidthBps } = sources;
    const oldestMs = nowMs - 2 * HALF_MS;
    this.#sources = this.#sources.filter((one) => one.nowMs >= oldestMs);
    return {
      jitterMs: this.#grownJitter(sources),
      lateRatio: this.#lateRatio(),
      bufferTrend: this.#bufferTrend(nowMs),
      decodeQueue,
      bandwidthBps: bandwidthBps || undefined,
    };
  }

  /** By how much the jitter is above the calmest of the last one to two minutes. */
  #grownJitter({ nowMs, jitterMs }: MeasureSources): number {
    if (!this.#calm || nowMs - this.#calm.sinceMs > CALM_MS) {
      this.#lastCalm = this.#calm;
      this.#calm = { sinceMs: nowMs, jitterMs };
    } else if (jitterMs < this.#calm.jitterMs) {
      this.#calm = { ...this.#calm, jitterMs };
    }
    const calmMs = Math.min(
      this.#calm.jitterMs,
      this.#lastCalm?.jitterMs ?? Infinity,
    );
    return jitterMs - calmMs;
  }

  #lateRatio(): number | undefined {
    const [first] = this.#sources.slice(-4);
    const last = this.#sources.at(-1);
    if (!first || !last || first === last) return undefined;
    const dropped = last.droppedFrames - first.droppedFrames;
    const all = dropped + last.shownFrames - first.shownFrames;
    return all < MIN_PICTURES ? undefined : dropped / all;
  }

  /** The low of the last two seconds against that of the two before, in milliseconds per second. */
  #bufferTrend(nowMs: number): number | undefined {
    const isNew = (one: MeasureSources) => one.nowMs > nowMs - HALF_MS;
    const low = (some: readonly MeasureSources[]) =>
      Math.min(...some.map(({ bufferedMs }) => bufferedMs));
    const before = this.#sources.filter((one) => !isNew(one));
    if (before.length < 2) return undefined;
    const change = low(this.#sources.filter(isNew)) - low(before);
    return change / (HALF_MS / 1000);
  }
}
