/**
 * The timeline of a recording as a track: a compressed JSON window.
 *
 * @module
 */
import {
  type FetchOptions,
  type GroupConsumer,
  MoqError,
  type TrackInfo,
  type TrackProducer,
} from "@moq-deno/lite";
import type { TrackSource } from "@moq-deno/lite/internal";
import { type Compression, WindowProducer } from "@moq-deno/lite/json";
import { TRACK_PRIORITY } from "../catalog/catalog.ts";
import type { Recording } from "./recording.ts";
import type { Timeline, TimelineRecord } from "./timeline.ts";

// Readers take at most 1 MiB at once.
const MAX_LISTED_BYTES = 512 << 10;

/** Options of {@linkcode TimelineSource}. */
interface TimelineSourceOptions {
  /** Wakes it. */
  readonly recording: Recording;
  /** Packs the groups. */
  readonly compression: Compression;
}

/** Lists the newest records that fit, then each as it comes. */
export class TimelineSource implements TrackSource {
  readonly #timeline: Timeline;
  readonly #options: TimelineSourceOptions;

  /** Of `timeline`, which stays the caller's. */
  constructor(timeline: Timeline, options: TimelineSourceOptions) {
    this.#timeline = timeline;
    this.#options = options;
  }

  info(): Promise<TrackInfo> {
    return Promise.resolve({
      priority: TRACK_PRIORITY.catalog,
      maxAgeMs: 5000,
      timescale: 1000,
    });
  }

  fetch(_sequence: number, _options: FetchOptions): Promise<GroupConsumer> {
    return Promise.reject(
      new MoqError("not-found", "Expected a subscription to the timeline"),
    );
  }

  async run(track: TrackProducer, signal: AbortSignal): Promise<void> {
    const { recording, compression } = this.#options;
    const release = recording.changed.wakeOn(signal);
    const list = new BoundedList(this.#timeline.records());
    const window = new WindowProducer(track, {
      compression,
      offset: list.first,
    });
    try {
      while (!signal.aborted) {
        const isComplete = recording.isComplete;
        for (const record of this.#timeline.records().slice(list.end)) {
          window.push(record);
          window.pop(list.push(record));
        }
        if (isComplete) return window.close();
        await recording.changed.changed();
      }
    } finally {
      release();
    }
  }
}

/** Counts how many of the newest records fit. */
class BoundedList {
  /** Number of the oldest record that is listed. */
  first: number;
  /** One after the newest. */
  end: number;
  readonly #sizes: number[] = [];
  #bytes = 0;

  /** Empty, and placed so that the newest of `records` will fit. */
  constructor(records: readonly TimelineRecord[]) {
    let at = records.length;
    for (let bytes = 0; at > 0; at--) {
      bytes += sizeOf(records[at - 1]!);
      if (bytes > MAX_LISTED_BYTES) break;
    }
    this.first = at;
    this.end = at;
  }

  /** Takes note of a record; returns how many of the oldest have to go. */
  push(record: TimelineRecord): number {
    this.end++;
    this.#sizes.push(sizeOf(record));
    this.#bytes += this.#sizes.at(-1)!;
    const before = this.first;
    while (this.#bytes > MAX_LISTED_BYTES) {
      this.#bytes -= this.#sizes.shift()!;
      this.first++;
    }
    return this.first - before;
  }
}

function sizeOf(record: TimelineRecord): number {
  return JSON.stringify(record).length + 1;
}
