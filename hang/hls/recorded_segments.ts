/**
 * Where the segments of one recorded track begin and end.
 *
 * @module
 */
import { ownEntry } from "../catalog/own_entry.ts";
import type { GroupEntry } from "../record/group_log.ts";
import { SteadyTime } from "../media/steady_time.ts";
import { readGroup } from "../record/read_group.ts";
import type { Recording, RecordingTrack } from "../record/recording.ts";
import type { MediaTimes } from "../record/schedule.ts";
import type { TimelineRecord } from "../record/timeline.ts";

// What follows later than this does not go on from where the segment ends.
const MAX_GAP_US = 500_000;
const MAX_SAMPLES = 1000;

/** Groups that become one segment. */
export interface RecordedSegment {
  /** In order, at least one. */
  readonly entries: readonly GroupEntry[];
  /** In microseconds. */
  readonly durationUs: number;
  /** When it happened, in milliseconds since 1970. */
  readonly wallMs: number;
  /** Whether it does not go on from the one before. */
  readonly isDiscontinuity: boolean;
}

/** The segments of the track `name`, one for each record that has it. */
export function segmentsOf(
  name: string,
  { recording, records, times }: {
    readonly recording: Recording;
    readonly records: readonly TimelineRecord[];
    readonly times: MediaTimes;
  },
): RecordedSegment[] {
  const track = recording.tracks.get(name);
  const schedule = times.scheduleOf(name);
  if (!track || !schedule) return [];
  const lists = records
    .map(({ tracks }) => entriesIn(track, ownEntry(tracks, name)))
    .filter((entries) => entries.length > 0);
  const usualUs = usualLength(track);
  let expectedUs: number | undefined;
  return lists.map((entries, index) => {
    const startUs = startOf(track, entries[0]!);
    const next = lists[index + 1]?.[0];
    const endUs = endOf(track, { last: entries.at(-1)!, next, usualUs });
    const durationUs = Math.max(1, endUs - startUs);
    const isDiscontinuity = startUs !== expectedUs;
    expectedUs = startUs + durationUs;
    const wallMs = recording.startMs + schedule.groupDueMs(entries[0]!);
    return { entries, durationUs, wallMs, isDiscontinuity };
  });
}

function entriesIn(
  { log }: RecordingTrack,
  ranges: TimelineRecord["tracks"][string] = [],
): GroupEntry[] {
  const entries: GroupEntry[] = [];
  for (const { start, end } of ranges) {
    for (let sequence = start; sequence <= end; sequence++) {
      const entry = log.find(sequence);
      if (entry && log.startOf(entry) !== undefined) entries.push(entry);
    }
  }
  return entries;
}

function startOf(
  { log }: Pick<RecordingTrack, "log">,
  entry: GroupEntry,
): number {
  return (log.startOf(entry) ?? 0) * (1_000_000 / log.info.timescale);
}

/** Where the group `last` ends: where the next one begins, unless there is more between the two than is usual. */
function endOf(
  track: RecordingTrack,
  { last, next, usualUs }: {
    readonly last: GroupEntry;
    readonly next: GroupEntry | undefined;
    readonly usualUs: number;
  },
): number {
  const startUs = startOf(track, last);
  const nextUs = next ? startOf(track, next) : Infinity;
  const lengthUs = nextUs - startUs;
  if (lengthUs > 0 && lengthUs <= 1.5 * usualUs) return nextUs;
  const endUs = contentEnd(track, last);
  return Math.abs(nextUs - endUs) < MAX_GAP_US ? nextUs : endUs;
}

/** As long after the last frame of a group as two frames are apart, whatever its clock does. */
function contentEnd({ log }: RecordingTrack, entry: GroupEntry): number {
  const toUs = 1_000_000 / log.info.timescale;
  try {
    const time = new SteadyTime();
    const times = readGroup(log.read(entry))
      .map(({ timestamp }, index) =>
        time.at(log, {
          timestampUs: timestamp * toUs,
          isKeyframe: index === 0,
        })
      ).sort((a, b) => a - b);
    const [newest, before] = [times.at(-1) ?? 0, times.at(-2)];
    const step = before === undefined ? 0 : newest - before;
    return newest + step;
  } catch {
    // The group is damaged: it is named when the segment is made.
    return startOf({ log }, entry);
  }
}

/** The length in microseconds that most groups do not exceed by much. */
function usualLength(track: RecordingTrack): number {
  const starts = track.log.entries.slice(0, MAX_SAMPLES)
    .map((entry) => startOf(track, entry)).sort((a, b) => a - b);
  const lengths = starts.slice(1).map((us, index) => us - starts[index]!)
    .sort((a, b) => a - b);
  return lengths[lengths.length >> 1] ?? 0;
}
