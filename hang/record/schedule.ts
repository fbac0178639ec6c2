/**
 * When the groups of a recording are due as it plays again: media at the
 * distance of its timestamps, whatever came in bursts, everything else as it
 * arrived.
 *
 * @module
 */
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import { entriesOf, type Recording, type RecordingTrack } from "./recording.ts";
import { mediaIn } from "./timeline.ts";

// Enough to meet one that came without delay.
const SAMPLES = 64;

/** The order and the times of one track. */
export interface Schedule {
  /** In the order in which they are played. */
  readonly entries: readonly GroupEntry[];
  /** When a frame is due, in milliseconds after the beginning; `endTicks` is the timestamp of the last one in its group. */
  dueMs(entry: GroupEntry, frame: FrameTime): number;
  /** When a group is due, as far as one can tell without reading it. */
  groupDueMs(entry: GroupEntry): number;
}

/** Where in its group a frame is, in ticks of its track. */
export interface FrameTime {
  /** Its timestamp. */
  readonly ticks: number;
  /** That of the last frame. */
  readonly endTicks: number;
}

/** As it arrived: each frame as long before the end of its group as its timestamp says. */
export class ArrivalSchedule implements Schedule {
  readonly #track: RecordedTrack;
  readonly #startMs: number;

  /** The recording began at `startMs`, in milliseconds since 1970. */
  constructor(track: RecordedTrack, startMs: number) {
    this.#track = track;
    this.#startMs = startMs;
  }

  get entries(): readonly GroupEntry[] {
    return this.#track.entries;
  }

  dueMs(entry: GroupEntry, { ticks, endTicks }: FrameTime): number {
    const aheadMs = (endTicks - ticks) * (1000 / this.#track.info.timescale);
    return this.groupDueMs(entry) - aheadMs;
  }

  groupDueMs({ arrivalMs }: GroupEntry): number {
    return arrivalMs - this.#startMs;
  }
}

/** By the timestamps of media, shared by all tracks of a recording. */
export class MediaTimes {
  readonly #recording: Recording;
  readonly #media: ReadonlySet<string>;
  readonly #anchorsMs: readonly number[];
  readonly #startMs: number;

  /** Of a recording that does not grow any more. */
  constructor(recording: Recording) {
    this.#recording = recording;
    this.#media = new Set(
      recording.catalogs.flatMap(({ catalog }) => mediaIn(catalog)),
    );
    let anchorMs = 0;
    this.#anchorsMs = recording.takes.map((_, take) =>
      anchorMs = this.#anchorOf(take) ?? anchorMs
    );
    const starts = this.#tracks().map((track) => {
      const [first] = track.log.entries;
      return first && (this.#anchorsMs[0] ?? 0) + startMsOf(track, first);
    }).filter((ms) => ms !== undefined);
    this.#startMs = Math.min(...starts);
  }

  /** The times of one track, `undefined` for one that is no media. */
  scheduleOf(name: string): Schedule | undefined {
    const track = this.#recording.tracks.get(name);
    if (!track || !this.#media.has(name)) return undefined;
    const { log, takes } = track;
    const beginsMs = ({ sequence }: GroupEntry): number => {
      const take = takes.findLastIndex(({ base }) => base <= sequence);
      return (this.#anchorsMs[take] ?? 0) - this.#startMs;
    };
    return {
      entries: log.entries.toSorted((a, b) => a.sequence - b.sequence),
      dueMs: (entry, { ticks }) =>
        beginsMs(entry) + ticks * (1000 / log.info.timescale),
      groupDueMs: (entry) => beginsMs(entry) + startMsOf(track, entry),
    };
  }

  #tracks(): RecordingTrack[] {
    return [...this.#media].flatMap((name) =>
      this.#recording.tracks.get(name) ?? []
    );
  }

  /** The time in milliseconds since 1970 of timestamp 0 in one take: that of the group that came with the least delay. */
  #anchorOf(take: number): number | undefined {
    let anchorMs: number | undefined;
    for (const track of this.#tracks()) {
      const entries = entriesOf(track, take);
      const step = Math.max(1, Math.floor(entries.length / SAMPLES));
      for (let at = entries.length - 1; at >= 0; at -= step) {
        const entry = entries[at]!;
        const zeroMs = entry.arrivalMs - startMsOf(track, entry);
        anchorMs = Math.min(anchorMs ?? Infinity, zeroMs);
      }
    }
    return anchorMs;
  }
}

function startMsOf({ log }: RecordingTrack, entry: GroupEntry): number {
  return (log.startOf(entry) ?? 0) * (1000 / log.info.timescale);
}
