/**
 * A recording as a broadcast: live again from its beginning, or as it grows, for
 * those who subscribe, any group of it for those who fetch, and a timeline that
 * says which.
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
import type { Compression } from "@moq-deno/lite/json";
import { CATALOG_TRACK } from "../catalog/catalog.ts";
import { MSF_CATALOG_TRACK } from "../catalog/msf.ts";
import { ARCHIVE, CatalogLog } from "./catalog_log.ts";
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import type { Recording } from "./recording.ts";
import { Timeline } from "./timeline.ts";
import { TimelineSource } from "./timeline_source.ts";

// Who subscribes so soon gets everything: a recording may begin with groups that came all at once.
const BEGINNING_MS = 3000;

/** Options of {@linkcode RecordedBroadcast}. */
export interface RecordedBroadcastOptions {
  /** What subscribers get: the recording from its beginning on, since somebody first subscribed, or what is recorded from now on. Default the former. */
  readonly from?: "beginning" | "now" | undefined;
  /** Packs the timeline; without it there is none. */
  readonly compression?: Compression | undefined;
  /** Paces it. Default the system's. */
  readonly clock?: Clock | undefined;
}

/** Where the tracks of a recording come from. */
export class RecordedBroadcast implements BroadcastSource {
  /** What is served. */
  readonly recording: Recording;
  readonly #from: "beginning" | "now";
  readonly #compression: Compression | undefined;
  readonly #clock: Clock;
  readonly #cache: Cache;
  readonly #timeline: Timeline;
  #startMs: number | undefined;

  /** Over `recording`, which stays the caller's. */
  constructor(recording: Recording, options: RecordedBroadcastOptions = {}) {
    this.recording = recording;
    this.#from = options.from ?? "beginning";
    this.#compression = options.compression;
    this.#clock = options.clock ?? systemClock;
    this.#cache = new Cache({ clock: this.#clock });
    this.#timeline = new Timeline(recording);
  }

  /** A read side of its own, with a place in time shared by all. */
  consume(): BroadcastConsumer {
    return new BroadcastConsumer(
      new Broadcast({ source: this, cache: this.#cache }),
    );
  }

  /** The track as it was recorded; the catalog too, in both its forms, and the timeline. */
  track(name: string): TrackSource {
    if (this.#compression && name === ARCHIVE.track) {
      return new TimelineSource(this.#timeline, {
        recording: this.recording,
        compression: this.#compression,
      });
    }
    return new RecordedTrackSource(this, this.#recorded(name));
  }

  /** Number of the first group that a new subscriber gets. */
  firstOf({ entries }: RecordedTrack): number {
    if (this.#from === "now") return Math.max(0, entries.length - 1);
    const elapsedMs = this.#elapsedMs();
    if (elapsedMs < BEGINNING_MS) return 0;
    const next = entries.findIndex((one) => this.dueMs(one) > elapsedMs);
    // The newest that is over by now shows something at once.
    return Math.max(0, (next < 0 ? entries.length : next) - 1);
  }

  /** Milliseconds after the beginning at which `entry` was complete. */
  dueMs({ arrivalMs }: GroupEntry): number {
    return arrivalMs - this.recording.startMs;
  }

  /** Waits until `dueMs` after the beginning, when it is live again. */
  async until(dueMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#from === "now") return;
    const waitMs = dueMs - this.#elapsedMs();
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
  }

  /** The group in `entry`, complete; throws `MoqError("decode")` for one that was damaged. */
  group(track: RecordedTrack, entry: GroupEntry): GroupProducer {
    const group = new GroupProducer(entry.sequence, {
      cache: this.#cache,
      maxAgeMs: track.info.maxAgeMs,
    });
    group.append(track.read(entry));
    group.close();
    return group;
  }

  /** Since somebody first subscribed. */
  #elapsedMs(): number {
    this.#startMs ??= this.#clock.now();
    return this.#clock.now() - this.#startMs;
  }

  #recorded(name: string): RecordedTrack | undefined {
    const hasTimeline = this.#compression !== undefined;
    if (name === CATALOG_TRACK || name === MSF_CATALOG_TRACK) {
      const form = name === CATALOG_TRACK ? "hang" : "msf";
      return new CatalogLog(this.recording, { form, hasTimeline });
    }
    return this.recording.tracks.get(name)?.log;
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

  async fetch(
    sequence: number,
    _options: FetchOptions,
  ): Promise<GroupConsumer> {
    const entry = this.#track?.find(sequence);
    if (!this.#track || !entry) {
      throw notRecorded(`group ${sequence} in the recording`);
    }
    return await Promise.resolve(
      this.#broadcast.group(this.#track, entry).consume(),
    );
  }

  async run(track: TrackProducer, signal: AbortSignal): Promise<void> {
    const recorded = this.#track;
    if (!recorded) throw notRecorded("a track that was recorded");
    const { recording } = this.#broadcast;
    const release = recording.changed.wakeOn(signal);
    let next = this.#broadcast.firstOf(recorded);
    try {
      while (!signal.aborted) {
        const entry = recorded.entries[next];
        if (entry) {
          next++;
          if (entry.sequence <= track.track.highest) continue;
          await this.#send(entry, { recorded, track, signal });
        } else if (recording.isComplete) return;
        else await recording.changed.changed();
      }
    } finally {
      release();
    }
  }

  /** Each frame as long before the end of its group as its timestamp says. */
  async #send(
    entry: GroupEntry,
    { recorded, track, signal }: {
      readonly recorded: RecordedTrack;
      readonly track: TrackProducer;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const out = track.group(entry.sequence);
    try {
      const group = this.#broadcast.group(recorded, entry);
      const endTicks = group.lastTimestamp ?? 0;
      const ticksPerMs = recorded.info.timescale / 1000;
      for await (const frame of group.consume().frames(signal)) {
        const aheadMs = (endTicks - frame.timestamp) / ticksPerMs;
        const dueMs = this.#broadcast.dueMs(entry) - aheadMs;
        await this.#broadcast.until(dueMs, signal);
        out.writeFrame(frame);
      }
      out.close();
    } catch (error) {
      out.close(new MoqError("cancelled", "Replay of the group was left"));
      // A group that was damaged on disk costs only itself.
      if (signal.aborted || !isDamage(error)) throw error;
    }
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof MoqError &&
    (error.code === "decode" || error.code === "too-large");
}

function notRecorded(what: string): MoqError {
  return new MoqError("not-found", `Expected ${what}, there is none`);
}
