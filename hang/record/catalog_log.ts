/**
 * The catalogs of a recording as a track: one group for each.
 *
 * @module
 */
import { Cache, GroupProducer, type TrackInfo } from "@moq-deno/lite";
import { type Catalog, TRACK_PRIORITY } from "../catalog/catalog.ts";
import { msfOf } from "../catalog/msf.ts";
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import type { Recording } from "./recording.ts";
import { TIMELINE_TIMESCALE } from "./timeline.ts";

/** The catalog's section that names the timeline. */
export const ARCHIVE = {
  track: "timeline.z",
  timescale: TIMELINE_TIMESCALE,
} as const;

/** Options of {@linkcode CatalogLog}. */
interface CatalogLogOptions {
  /** Which catalog it is. */
  readonly form: "hang" | "msf";
  /** Whether the timeline is served, and so named. */
  readonly hasTimeline: boolean;
}

/** Grows with the recording. */
export class CatalogLog implements RecordedTrack {
  readonly info: TrackInfo = {
    priority: TRACK_PRIORITY.catalog,
    maxAgeMs: 5000,
    timescale: 1000,
  };
  readonly #recording: Recording;
  readonly #options: CatalogLogOptions;

  /** Of `recording`, which stays the caller's. */
  constructor(recording: Recording, options: CatalogLogOptions) {
    this.#recording = recording;
    this.#options = options;
  }

  /** A group for each catalog; they are encoded when they are read. */
  get entries(): readonly GroupEntry[] {
    return this.#recording.catalogs.map(({ arrivalMs }, sequence) => ({
      sequence,
      offset: 0,
      length: 0,
      arrivalMs,
    }));
  }

  find(sequence: number): GroupEntry | undefined {
    return this.entries[sequence];
  }

  read({ sequence }: GroupEntry): Uint8Array {
    const { catalog } = this.#recording.catalogs[sequence]!;
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    const json = JSON.stringify(this.#shown(catalog));
    const payload = new TextEncoder().encode(json);
    group.writeFrame({ timestamp: 0, payload });
    return group.log.slice(0, group.log.length);
  }

  #shown(catalog: Catalog): unknown {
    const { form, hasTimeline } = this.#options;
    if (form === "msf") return msfOf(catalog);
    // What the publisher said of its own archive is not about this one.
    const { archive: _, ...rest } = catalog;
    return hasTimeline ? { ...rest, archive: ARCHIVE } : rest;
  }
}
