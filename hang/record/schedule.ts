/**
 * When the groups of a recording are due as it plays again: media at the
 * distance of its timestamps, whatever came in bursts, everything else as it
 * arrived.
 *
 * @module
 */
import type { GroupEntry, RecordedTrack } from "./group_log.ts";
import {
  entriesOf,
  isSamePublisher,
  type Recording,
  type RecordingTrack,
} from "./recording.ts";
import { shiftOf, type SteadyGroups, steadyGroups } from "./steady_groups.ts";
import { mediaIn } from "./timeline.ts";

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

/** By the timestamps of media, shared by all tracks of a recording; where a publisher's clock jumped, time goes on. */
export class MediaTimes {
  readonly #recording: Recording;
  readonly #media: ReadonlySet<string>;
  // By take: takes of one publisher that follow each other share theirs.
  readonly #times: readonly SteadyGroups[];
  readonly #startMs: number;

  /** Of a recording that does not grow any more. */
  constructor(recording: Recording) {
    this.#recording = recording;
    this.#media = new Set(
      recording.catalogs.flatMap(({ catalog }) => mediaIn(catalog)),
    );
    this.#times = this.#readTimes();
    let startMs = Infinity;
    for (const [name, track] of this.#tracks()) {
      const [first] = track.log.entries;
      if (!first) continue;
      startMs = Math.min(
        startMs,
        this.#wallMsOf(name, { track, entry: first }),
      );
    }
    this.#startMs = startMs;
  }

  /** The times of one track, `undefined` for one that is no media. */
  scheduleOf(name: string): Schedule | undefined {
    const track = this.#recording.tracks.get(name);
    if (!track || !this.#media.has(name)) return undefined;
    const { log } = track;
    const groupDueMs = (entry: GroupEntry): number =>
      this.#wallMsOf(name, { track, entry }) - this.#startMs;
    return {
      entries: log.entries.toSorted((a, b) => a.sequence - b.sequence),
      dueMs: (entry, { ticks }) => {
        const groupMs = groupDueMs(entry);
        const firstTicks = log.startOf(entry) ?? ticks;
        return groupMs + (ticks - firstTicks) * (1000 / log.info.timescale);
      },
      groupDueMs,
    };
  }

  #tracks(): [string, RecordingTrack][] {
    return [...this.#recording.tracks].filter(([name]) =>
      this.#media.has(name)
    );
  }

  /** When a group begins, in milliseconds since 1970. */
  #wallMsOf(
    name: string,
    { track: { log, takes }, entry }: {
      readonly track: RecordingTrack;
      readonly entry: GroupEntry;
    },
  ): number {
    const take = takes.findLastIndex(({ base }) => base <= entry.sequence);
    const time = this.#times[take];
    const startMs = (log.startOf(entry) ?? 0) * (1000 / log.info.timescale);
    const shifts = time?.shifts.get(name) ?? [];
    return (time?.anchorMs ?? 0) + startMs + shiftOf(shifts, entry.sequence);
  }

  #readTimes(): SteadyGroups[] {
    const { takes } = this.#recording;
    const times: SteadyGroups[] = [];
    for (let from = 0; from < takes.length;) {
      let to = from + 1;
      while (to < takes.length && isSamePublisher(takes[to - 1]!, takes[to]!)) {
        to++;
      }
      const time = steadyGroups(
        this.#tracks().map(([name, track]) => ({
          name,
          track,
          entries: entriesOf(track, from, to),
        })),
      );
      const anchorMs = time.anchorMs ?? times.at(-1)?.anchorMs;
      for (; from < to; from++) times.push({ ...time, anchorMs });
    }
    return times;
  }
}
