/**
 * Measures what arrives: groups, frames, bytes, and how long each frame was on
 * its way.
 *
 * @module
 */
import {
  type BroadcastConsumer,
  type GroupConsumer,
  MoqError,
} from "@moq-deno/lite";
import { type Catalog, openContainer } from "@moq-deno/hang";

/** What was measured since the last look. */
export interface Reading {
  /** Groups that have begun, in all. */
  readonly groups: number;
  /** Frames that have arrived, in all. */
  readonly frames: number;
  /** Bits per second since the last reading. */
  readonly bitrateBps: number;
  /** Median time in milliseconds from the moment a frame was due at the publisher to its arrival. */
  readonly p50Ms: number;
  /** The same for the slowest frame in a hundred. */
  readonly p99Ms: number;
}

// Enough for percentiles over the last seconds, and bounded.
const MAX_LATENCIES = 2048;

/** Options of {@linkcode Meter}. */
export interface MeterOptions {
  /** `performance.now()` when media time 0 was due, asked for at each frame. */
  readonly startMs: () => number;
  /** Ends the measuring. */
  readonly signal: AbortSignal;
}

/** Reads all renditions of a broadcast and keeps count. */
export class Meter {
  readonly #options: MeterOptions;
  readonly #latencies: number[] = [];
  #groups = 0;
  #frames = 0;
  #bytes = 0;
  #bytesBefore = 0;
  #readAtMs = performance.now();

  /** Counts from now on. */
  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /** Reads every rendition in `catalog` until the signal aborts. */
  async run(broadcast: BroadcastConsumer, catalog: Catalog): Promise<void> {
    const renditions = Object.entries({
      ...catalog.video?.renditions,
      ...catalog.audio?.renditions,
    });
    await Promise.all(renditions.map(async ([name, config]) => {
      const { decode } = openContainer(config);
      const { signal } = this.#options;
      try {
        for await (const group of broadcast.track(name).subscribe({ signal })) {
          await this.#readGroup(group, decode);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }));
  }

  async #readGroup(
    group: GroupConsumer,
    decode: ReturnType<typeof openContainer>["decode"],
  ): Promise<void> {
    this.#groups++;
    try {
      for await (const { payload } of group.frames(this.#options.signal)) {
        this.#frames++;
        this.#bytes += payload.byteLength;
        const now = performance.now();
        for (const { timestampUs } of decode(payload)) {
          this.#note(now - this.#options.startMs() - timestampUs / 1000);
        }
      }
    } catch (error) {
      // A group that was cut is a loss, not an end.
      if (!(error instanceof MoqError)) throw error;
    }
  }

  #note(latencyMs: number): void {
    this.#latencies.push(latencyMs);
    if (this.#latencies.length > MAX_LATENCIES) this.#latencies.shift();
  }

  /** What was measured; the bitrate counts from the last call. */
  read(): Reading {
    const now = performance.now();
    const seconds = (now - this.#readAtMs) / 1000;
    const bitrateBps = (this.#bytes - this.#bytesBefore) * 8 / seconds;
    this.#readAtMs = now;
    this.#bytesBefore = this.#bytes;
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (part: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ??
        0;
    return {
      groups: this.#groups,
      frames: this.#frames,
      bitrateBps,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    };
  }
}
