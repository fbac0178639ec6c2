/**
 * A recording as a broadcast: live again from its beginning for those who
 * subscribe, and any group of it for those who fetch.
 *
 * @module
 */
import {
  Broadcast,
  BroadcastConsumer,
  type BroadcastSource,
  Cache,
  type Clock,
  type FetchOptions,
  type GroupConsumer,
  GroupProducer,
  MoqError,
  sleep,
  systemClock,
  type TrackInfo,
  type TrackProducer,
  type TrackSource,
} from "@moq-deno/lite";
import { CATALOG_TRACK, TRACK_PRIORITY } from "../../catalog/catalog.ts";
import { MSF_CATALOG_TRACK, msfOf } from "../../catalog/msf.ts";
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import type { CatalogEntry, Recording } from "./recording.ts";

const CATALOG_INFO: TrackInfo = {
  priority: TRACK_PRIORITY.catalog,
  maxAgeMs: 5000,
  timescale: 1000,
};

/** Options of {@linkcode RecordedBroadcast}. */
export interface RecordedBroadcastOptions {
  /** Whether subscribers get it live again; else it is there to be fetched. Default true. */
  readonly live?: boolean | undefined;
  /** Paces it. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** Where the tracks of a recording come from. Time begins with the first subscription. */
export class RecordedBroadcast implements BroadcastSource {
  readonly #recording: Recording;
  readonly #isLive: boolean;
  readonly #clock: Clock;
  readonly #cache: Cache;
  #startMs: number | undefined;

  /** Over `recording`, which stays the caller's. */
  constructor(recording: Recording, options: RecordedBroadcastOptions = {}) {
    this.#recording = recording;
    this.#isLive = options.live ?? true;
    this.#clock = options.clock ?? systemClock;
    this.#cache = new Cache({ clock: this.#clock });
  }

  /** A read side of its own, with a place of its own in time shared by all. */
  consume(): BroadcastConsumer {
    return new BroadcastConsumer(
      new Broadcast({ source: this, cache: this.#cache }),
    );
  }

  /** The track as it was recorded; the catalog too, in both its forms. */
  track(name: string): TrackSource {
    return new RecordedTrackSource(this, this.#recorded(name));
  }

  /** Milliseconds since time began; begins it. */
  elapsedMs(): number {
    if (!this.#isLive) {
      throw new MoqError(
        "unsupported",
        "Expected a fetch of past groups, got a subscription: the broadcast itself is live elsewhere",
      );
    }
    this.#startMs ??= this.#clock.now();
    return this.#clock.now() - this.#startMs;
  }

  /** Milliseconds after the beginning at which `entry` was complete. */
  dueMs({ arrivalMs }: GroupEntry): number {
    return arrivalMs - this.#recording.startMs;
  }

  /** Waits until `dueMs` after the beginning. */
  async until(dueMs: number, signal: AbortSignal): Promise<void> {
    const waitMs = dueMs - this.elapsedMs();
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
  }

  /** The group in `entry`, complete. */
  group(track: RecordedTrack, entry: GroupEntry): GroupProducer {
    const group = new GroupProducer(entry.sequence, {
      cache: this.#cache,
      maxAgeMs: track.info.maxAgeMs,
    });
    group.append(track.read(entry));
    group.close();
    return group;
  }

  #recorded(name: string): RecordedTrack | undefined {
    const { catalogs, tracks } = this.#recording;
    if (name === CATALOG_TRACK) return new CatalogLog(catalogs, "hang");
    if (name === MSF_CATALOG_TRACK) return new CatalogLog(catalogs, "msf");
    return tracks.get(name);
  }
}

/** One track of a recording. */
class RecordedTrackSource implements TrackSource {
  readonly #broadcast: RecordedBroadcast;
  readonly #track: RecordedTrack | undefined;

  constructor(broadcast: RecordedBroadcast, track: RecordedTrack | undefined) {
    this.#broadcast = broadcast;
    this.#track = track;
  }

  info(): Promise<TrackInfo> {
    return this.#track
      ? Promise.resolve(this.#track.info)
      : Promise.reject(notRecorded("a track that was recorded"));
  }

  fetch(sequence: number, _options: FetchOptions): Promise<GroupConsumer> {
    const entry = this.#track?.entries.find((one) => one.sequence === sequence);
    if (!this.#track || !entry) {
      return Promise.reject(notRecorded(`group ${sequence} in the recording`));
    }
    const group = this.#broadcast.group(this.#track, entry);
    return Promise.resolve(group.consume());
  }

  /** Live again: each frame as long before the end of its group as its timestamp says. */
  async run(track: TrackProducer, signal: AbortSignal): Promise<void> {
    const recorded = this.#track;
    if (!recorded) throw notRecorded("a track that was recorded");
    for (const entry of this.#fromNowOn(recorded)) {
      if (entry.sequence <= track.track.highest) continue;
      const group = this.#broadcast.group(recorded, entry);
      const endTicks = group.lastTimestamp ?? 0;
      const out = track.group(entry.sequence);
      try {
        for await (const frame of group.consume().frames(signal)) {
          const aheadMs = (endTicks - frame.timestamp) *
            (1000 / recorded.info.timescale);
          const dueMs = this.#broadcast.dueMs(entry) - aheadMs;
          await this.#broadcast.until(dueMs, signal);
          out.writeFrame(frame);
        }
        out.close();
      } catch (error) {
        out.close(new MoqError("cancelled", "Replay of the group was left"));
        throw error;
      }
    }
  }

  /** The newest group that is over by now, which shows something at once, and all after it. */
  #fromNowOn({ entries }: RecordedTrack): readonly GroupEntry[] {
    const elapsedMs = this.#broadcast.elapsedMs();
    const next = entries.findIndex((one) =>
      this.#broadcast.dueMs(one) > elapsedMs
    );
    return entries.slice(Math.max(0, (next < 0 ? entries.length : next) - 1));
  }
}

function notRecorded(what: string): MoqError {
  return new MoqError("not-found", `Expected ${what}, there is none`);
}

/** The catalogs of a recording as a track: one group for each. */
class CatalogLog implements RecordedTrack {
  readonly info = CATALOG_INFO;
  readonly entries: readonly GroupEntry[];
  readonly #groups: readonly Uint8Array[];

  constructor(catalogs: readonly CatalogEntry[], form: "hang" | "msf") {
    const cache = new Cache();
    this.#groups = catalogs.map(({ catalog }) => {
      const group = new GroupProducer(0, { cache, maxAgeMs: 0 });
      const json = form === "msf" ? msfOf(catalog) : catalog;
      const payload = new TextEncoder().encode(JSON.stringify(json));
      group.writeFrame({ timestamp: 0, payload });
      return group.log.slice(0, group.log.length);
    });
    this.entries = catalogs.map(({ arrivalMs }, sequence) => ({
      sequence,
      offset: 0,
      length: this.#groups[sequence]!.byteLength,
      arrivalMs,
    }));
  }

  read({ sequence }: GroupEntry): Uint8Array {
    return this.#groups[sequence]!;
  }
}
