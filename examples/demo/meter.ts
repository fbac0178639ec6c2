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
import { linked } from "@moq-deno/lite/internal";
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

/** What a {@linkcode Meter} reads. */
export interface MeterRun {
  /** All of its renditions are read. */
  readonly catalog: Catalog;
  /** Ends the measuring. */
  readonly signal: AbortSignal;
}

/** Reads all renditions of a broadcast and keeps count. */
export class Meter {
  readonly #startMs: () => number;
  readonly #latencies: number[] = [];
  #groups = 0;
  #frames = 0;
  #bytes = 0;
  #bytesBefore = 0;
  #readAtMs = performance.now();
  #joinMs = 0;

  /** Counts from now on. `startMs` is `performance.now()` when media time 0 was due, asked for at each frame. */
  constructor(startMs: () => number) {
    this.#startMs = startMs;
  }

  /** Reads every rendition until its track ends or the signal aborts; throws why a track failed. */
  async run(
    broadcast: BroadcastConsumer,
    { catalog, signal }: MeterRun,
  ): Promise<void> {
    const renditions = Object.entries({
      ...catalog.video?.renditions,
      ...catalog.audio?.renditions,
    });
    this.#latencies.length = 0;
    this.#joinMs = performance.now();
    // The first to fail ends the others.
    const stop = linked(signal);
    try {
      await Promise.all(renditions.map(async ([name, config]) => {
        const { decode } = openContainer(config);
        const track = broadcast.track(name);
        for await (const group of track.subscribe({ signal: stop.signal })) {
          await this.#readGroup(group, { decode, signal: stop.signal });
        }
      }));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop.abort();
      stop.release();
    }
  }

  async #readGroup(
    group: GroupConsumer,
    { decode, signal }: {
      readonly decode: ReturnType<typeof openContainer>["decode"];
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    this.#groups++;
    try {
      for await (const { payload } of group.frames(signal)) {
        this.#frames++;
        this.#bytes += payload.byteLength;
        const now = performance.now();
        for (const { timestampUs } of decode(payload)) {
          const dueMs = this.#startMs() + timestampUs / 1000;
          // What was due before was not on its way for longer, but kept for who joins.
          if (dueMs >= this.#joinMs) this.#note(now - dueMs);
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
