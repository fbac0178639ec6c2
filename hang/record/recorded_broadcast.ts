/**
 * A recording as a broadcast: live again from its beginning, or as it grows, for
 * those who subscribe, any group of it for those who fetch, and a timeline that
 * says which.
 *
 * @module
 */
import {
  BroadcastConsumer,
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
} from "@moq-deno/lite";
import {
  Broadcast,
  type BroadcastSource,
  type TrackSource,
} from "@moq-deno/lite/internal";
import type { Compression } from "@moq-deno/lite/json";
import { CATALOG_TRACK } from "../catalog/catalog.ts";
import { MSF_CATALOG_TRACK } from "../catalog/msf.ts";
import { ARCHIVE, CatalogLog } from "./catalog_log.ts";
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import type { Recording } from "./recording.ts";
import { SteadyTime } from "../media/steady_time.ts";
import { ArrivalSchedule, MediaTimes, type Schedule } from "./schedule.ts";
import { Timeline } from "./timeline.ts";
import { TimelineSource } from "./timeline_source.ts";

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
  #times: MediaTimes | undefined;
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
    return new RecordedTrackSource(this, {
      name,
      track: this.#recorded(name),
    });
  }

  /** When the groups of a track are due; begins time. */
  scheduleOf(name: string, track: RecordedTrack): Schedule {
    const { recording } = this;
    if (recording.isComplete) this.#times ??= new MediaTimes(recording);
    return this.#times?.scheduleOf(name) ??
      new ArrivalSchedule(track, recording.startMs);
  }

  /** Number of the first group that a new subscriber gets. */
  firstOf(schedule: Schedule): number {
    const { entries } = schedule;
    if (this.#from === "now") return Math.max(0, entries.length - 1);
    const elapsedMs = this.#elapsedMs();
    const next = entries.findIndex((one) =>
      schedule.groupDueMs(one) > elapsedMs
    );
    // The newest that has begun by now shows something at once.
    return Math.max(0, (next < 0 ? entries.length : next) - 1);
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
  readonly #name: string;
  readonly #track: RecordedTrack | undefined;

  constructor(
    broadcast: RecordedBroadcast,
    { name, track }: {
      readonly name: string;
      readonly track: RecordedTrack | undefined;
    },
  ) {
    this.#broadcast = broadcast;
    this.#name = name;
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
    const schedule = this.#broadcast.scheduleOf(this.#name, recorded);
    let next = this.#broadcast.firstOf(schedule);
    try {
      while (!signal.aborted) {
        const entry = schedule.entries[next];
        if (entry) {
          next++;
          if (entry.sequence <= track.track.groups.highest) continue;
          await this.#send(entry, { recorded, schedule, track, signal });
        } else if (recording.isComplete) return;
        else await recording.changed.changed();
      }
    } finally {
      release();
    }
  }

  /** Each frame when it is due. */
  async #send(
    entry: GroupEntry,
    { recorded, schedule, track, signal }: {
      readonly recorded: RecordedTrack;
      readonly schedule: Schedule;
      readonly track: TrackProducer;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const out = track.group(entry.sequence);
    try {
      const group = this.#broadcast.group(recorded, entry);
      const endTicks = group.lastTimestamp ?? 0;
      const { timescale } = recorded.info;
      const time = new SteadyTime();
      let isKeyframe = true;
      for await (const frame of group.consume().frames(signal)) {
        // The publisher's clock may have jumped in the middle of a group.
        const timestampUs = frame.timestamp * (1_000_000 / timescale);
        const steadyUs = time.at(group, { timestampUs, isKeyframe });
        const ticks = frame.timestamp +
          (steadyUs - timestampUs) * (timescale / 1_000_000);
        isKeyframe = false;
        const dueMs = schedule.dueMs(entry, { ticks, endTicks });
        await this.#broadcast.until(dueMs, signal);
        out.writeFrame(frame);
      }
      out.close();
    } catch (error) {
      out.close(
        new MoqError("cancelled", "Reader cancelled the recorded group"),
      );
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
