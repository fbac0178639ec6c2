/**
 * What has to be added to the timestamps of recorded groups so that time goes
 * on where the publisher's clock jumped.
 *
 * @module
 */
import { firstPlace } from "@moq-deno/lite/internal";
import { SteadyTime } from "../media/steady_time.ts";
import type { GroupEntry } from "./group_log.ts";
import type { RecordingTrack } from "./recording.ts";

// So much longer than the timestamps say is a pause, and no unevenness of arrival.
const MIN_PAUSE_MS = 10_000;

/** From this group on, until the next one of its track. */
export interface Shift {
  /** Number of the group. */
  readonly sequence: number;
  /** What is added, in milliseconds. */
  readonly shiftMs: number;
}

/** A track of media and those of its groups that are looked at. */
interface SteadyTrack {
  readonly name: string;
  readonly track: RecordingTrack;
  readonly entries: readonly GroupEntry[];
}

/** The time of the groups of one publisher. */
export interface SteadyGroups {
  /** The shifts of each track by its name; none where the clock never jumped. */
  readonly shifts: ReadonlyMap<string, readonly Shift[]>;
  /** When timestamp 0 was, in milliseconds since 1970: that of the group that came with the least delay. */
  readonly anchorMs: number | undefined;
}

interface Lane {
  readonly name: string;
  readonly track: RecordingTrack;
  /** In the order of their numbers. */
  readonly entries: readonly GroupEntry[];
  /** When each could have come at the latest: a group that was fetched later is no pause. */
  readonly arrivalsMs: readonly number[];
  readonly shifts: Shift[];
  next: number;
  lastMs: number | undefined;
}

function laneOf({ name, track, entries }: SteadyTrack): Lane {
  const sorted = entries.toSorted((a, b) => a.sequence - b.sequence);
  const arrivalsMs = sorted.map(({ arrivalMs }) => arrivalMs);
  for (let at = arrivalsMs.length - 2; at >= 0; at--) {
    arrivalsMs[at] = Math.min(arrivalsMs[at]!, arrivalsMs[at + 1]!);
  }
  const [next, lastMs] = [0, undefined];
  return { name, track, entries: sorted, arrivalsMs, shifts: [], next, lastMs };
}

/** Follows the groups of one publisher, in the order in which they came. */
export function steadyGroups(tracks: readonly SteadyTrack[]): SteadyGroups {
  const lanes = tracks.map(laneOf);
  const time = new SteadyTime();
  // Pauses while the clock jumped, by what SteadyTime adds after the jump.
  const pausesMs = new Map<number, number>();
  let [pauseMs, jumps] = [0, 0];
  let anchorMs: number | undefined;
  for (let lane = nextOf(lanes); lane; lane = nextOf(lanes)) {
    const entry = lane.entries[lane.next]!;
    const arrivalMs = lane.arrivalsMs[lane.next]!;
    const before = lane.arrivalsMs[lane.next - 1];
    lane.next++;
    const { log } = lane.track;
    const ticks = log.startOf(entry);
    if (ticks === undefined) continue;
    const timestampUs = ticks * (1_000_000 / log.info.timescale);
    const atUs = time.at(lane, { timestampUs, isKeyframe: true });
    const offsetUs = Math.round(atUs - timestampUs);
    const passedMs = atUs / 1000 - (lane.lastMs ?? atUs / 1000);
    if (time.jumps > jumps) {
      jumps = time.jumps;
      const restMs = arrivalMs - (before ?? arrivalMs) - passedMs;
      if (restMs > MIN_PAUSE_MS) pauseMs += restMs;
      pausesMs.set(offsetUs, pauseMs);
    }
    lane.lastMs = atUs / 1000;
    const shiftMs = offsetUs / 1000 + (pausesMs.get(offsetUs) ?? 0);
    if (shiftMs !== (lane.shifts.at(-1)?.shiftMs ?? 0)) {
      lane.shifts.push({ sequence: entry.sequence, shiftMs });
    }
    const zeroMs = arrivalMs - timestampUs / 1000 - shiftMs;
    anchorMs = Math.min(anchorMs ?? Infinity, zeroMs);
  }
  const shifts = new Map(lanes.map((lane) => [lane.name, lane.shifts]));
  return { shifts, anchorMs };
}

/** The track whose next group came first. */
function nextOf(lanes: readonly Lane[]): Lane | undefined {
  let first: Lane | undefined;
  for (const lane of lanes) {
    if (lane.next === lane.entries.length) continue;
    const isEarlier = !first ||
      lane.arrivalsMs[lane.next]! < first.arrivalsMs[first.next]!;
    if (isEarlier) first = lane;
  }
  return first;
}

/** What is added to the timestamps of group `sequence`, in milliseconds. */
export function shiftOf(shifts: readonly Shift[], sequence: number): number {
  const behind = firstPlace(
    shifts.length,
    (at) => shifts[at]!.sequence > sequence,
  );
  return shifts[behind - 1]?.shiftMs ?? 0;
}
