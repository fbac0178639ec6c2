/**
 * The publisher's clock: what the timestamps of one broadcast count from.
 *
 * @module
 */
import { clockAt, type ClockConfig } from "../catalog/timing.ts";

/** Counts microseconds from the moment it was made. */
export class PublishClock {
  readonly #startMs = performance.now();
  /** The catalog's section `clock`. */
  readonly config: ClockConfig = clockAt(
    performance.timeOrigin + this.#startMs,
  );

  /** Microseconds since the beginning, whole. */
  nowUs(): number {
    return Math.round((performance.now() - this.#startMs) * 1000);
  }

  /** The moment of a timestamp on the scale of `performance.now()`. */
  atMs(timestampUs: number): number {
    return this.#startMs + timestampUs / 1000;
  }
}
