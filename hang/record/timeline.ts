/**
 * The timeline of a recording: segments that cover the same time on all tracks,
 * and which groups each of them has. hang, "timeline", as the catalog's section
 * `archive` names it.
 *
 * @module
 */
import { type Catalog, MAX_RENDITIONS } from "../catalog/catalog.ts";
import type { GroupEntry } from "./group_log.ts";
import type { Recording, RecordingTrack } from "./recording.ts";

/** Ticks per second of a record's times. */
export const TIMELINE_TIMESCALE = 1000;

// Segments end at the first group from here on: more records than that do not help to seek.
const WISHED_US = 1_900_000;
// A track that has nothing for so long is not waited for.
const MAX_WAIT_US = 10_000_000;
// Time that goes back, or jumps by more, is another publisher's.
const MAX_JUMP_US = 10_000_000;

/** Groups that follow each other. */
export interface GroupRange {
  /** Number of the first. */
  readonly start: number;
  /** Number of the last, inclusive. */
  readonly end: number;
}

/** One segment, as it is on the wire. */
export interface TimelineRecord {
  /** Counted from 0. */
  readonly segment: number;
  /** Where it begins, in milliseconds. */
  readonly pts: number;
  /** How long it is, in milliseconds. */
  readonly duration: number;
  /** By track; one that has nothing in this time is left out. */
  readonly tracks: Readonly<Record<string, readonly GroupRange[]>>;
}

/** A group and when it begins. */
interface Timed {
  readonly sequence: number;
  readonly take: number;
  readonly startUs: number;
}

/** Groups by number; those that were taken leave without moving the others, of which there may be millions. */
class WaitingGroups {
  #groups: Timed[] = [];
  #head = 0;

  get length(): number {
    return this.#groups.length - this.#head;
  }

  at(index: number): Timed | undefined {
    const place = index < 0 ? this.#groups.length + index : this.#head + index;
    return place < this.#head ? undefined : this.#groups[place];
  }

  /** They arrive almost in order, so the place is near the end. */
  add(group: Timed): void {
    let place = this.#groups.length;
    while (
      place > this.#head && this.#groups[place - 1]!.sequence >= group.sequence
    ) place--;
    this.#groups.splice(place, 0, group);
  }

  /** Where the first group is for which `isSo`, the number of groups when there is none. */
  find(isSo: (group: Timed, index: number) => boolean): number {
    const { length } = this;
    for (let index = 0; index < length; index++) {
      if (isSo(this.#groups[this.#head + index]!, index)) return index;
    }
    return length;
  }

  /** Whether time does not go on from the group before it to the one at `index`. */
  isJumpAt(index: number): boolean {
    const [before, group] = [this.at(index - 1), this.at(index)];
    if (index === 0 || !before || !group) return false;
    return isFarFrom(before, group) || group.startUs < before.startUs;
  }

  take(count: number): Timed[] {
    const end = this.#head + count;
    const taken = this.#groups.slice(this.#head, end);
    this.#head = end;
    if (this.#head > this.length) {
      this.#groups = this.#groups.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}

/** A track that is read as it grows. */
class Lane {
  readonly name: string;
  readonly waiting = new WaitingGroups();
  readonly #track: RecordingTrack;
  readonly #recording: Recording;
  #read = 0;

  constructor(
    name: string,
    { track, recording }: {
      readonly track: RecordingTrack;
      readonly recording: Recording;
    },
  ) {
    this.name = name;
    this.#track = track;
    this.#recording = recording;
  }

  /** Takes note of new groups. */
  update(): void {
    const { entries } = this.#track.log;
    while (this.#read < entries.length) this.#add(entries[this.#read]!);
  }

  #add(entry: GroupEntry): void {
    const take = this.#recording.takeOf(this.#track, this.#read++);
    const { log } = this.#track;
    const ticks = log.startOf(entry);
    if (ticks === undefined) return;
    const startUs = ticks * (1_000_000 / log.info.timescale);
    this.waiting.add({ sequence: entry.sequence, take, startUs });
  }
}

/** A segment that is complete. */
interface Cut {
  /** Its first group of the leading track. */
  readonly first: Timed;
  /** Where it ends. */
  readonly endUs: number;
  /** Whether no other follows. */
  readonly isLast: boolean;
  /** Whether time does not go on from it to the next. */
  readonly isJump: boolean;
}

/** Makes records of a recording while it grows. */
export class Timeline {
  readonly #recording: Recording;
  readonly #lanes: Map<string, Lane> = new Map();
  readonly #records: TimelineRecord[] = [];
  #leader: Lane | undefined;

  /** Of `recording`, which stays the caller's. */
  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** All segments whose groups are known; grows with the recording. */
  records(): readonly TimelineRecord[] {
    this.#addLanes();
    for (const lane of this.#lanes.values()) lane.update();
    while (this.#cut());
    return this.#records;
  }

  #addLanes(): void {
    const { catalogs, tracks } = this.#recording;
    const names = mediaIn(catalogs.at(-1)?.catalog ?? {});
    for (const name of names.slice(0, MAX_RENDITIONS)) {
      const track = tracks.get(name);
      if (!track || this.#lanes.has(name)) continue;
      const lane = new Lane(name, { track, recording: this.#recording });
      this.#lanes.set(name, lane);
      // The first video: its groups begin with keyframes.
      this.#leader ??= name === names[0] ? lane : undefined;
    }
    if (this.#recording.isComplete) {
      this.#leader ??= this.#lanes.values().next().value;
    }
  }

  /** Adds the next record, if its groups are known. */
  #cut(): boolean {
    const waiting = this.#leader?.waiting;
    const first = waiting?.at(0);
    if (!waiting || !first) return false;
    const at = waiting.find((one, index) =>
      index > 0 &&
      (waiting.isJumpAt(index) || one.startUs - first.startUs >= WISHED_US)
    );
    const next = waiting.at(at);
    const isLast = !next && this.#recording.isComplete;
    if (!next && !isLast) return false;
    const endUs = next && !waiting.isJumpAt(at)
      ? next.startUs
      : this.#endOf(waiting, at);
    if (next && !this.#isKnown({ first, endUs })) return false;
    const isJump = next !== undefined && waiting.isJumpAt(at);
    this.#add({ first, endUs, isLast, isJump });
    return true;
  }

  /** Where the first `count` groups end after which there is a jump, or nothing: as long after the last as they are apart. */
  #endOf(waiting: WaitingGroups, count: number): number {
    const last = waiting.at(count - 1)!.startUs;
    const before = count > 1 ? waiting.at(count - 2)?.startUs : undefined;
    if (before !== undefined) return last + (last - before);
    const previous = this.#records.at(-1);
    return last + (previous ? previous.duration * 1000 : WISHED_US);
  }

  /** Whether every track has come so far, or will not. */
  #isKnown(
    { first, endUs }: { readonly first: Timed; readonly endUs: number },
  ): boolean {
    if (this.#recording.isComplete) return true;
    const newest = this.#leader!.waiting.at(-1)!;
    if (newest.startUs - endUs > MAX_WAIT_US) return true;
    return [...this.#lanes.values()].every(({ waiting }) =>
      waiting.find((one, index) =>
        isFarFrom(first, one) || waiting.isJumpAt(index) ||
        one.startUs >= endUs
      ) < waiting.length
    );
  }

  #add(
    { first, endUs, isLast, isJump }: Cut,
  ): void {
    const tracks: [string, readonly GroupRange[]][] = [];
    for (const { name, waiting } of this.#lanes.values()) {
      const isOver = (one: Timed, index: number): boolean =>
        one.take > first.take || (one.take === first.take &&
          (isFarFrom(first, one) || waiting.isJumpAt(index)));
      let end = waiting.find((one, index) =>
        isOver(one, index) || (!isLast && one.startUs >= endUs)
      );
      if (isJump) {
        // What is left of the time before the jump belongs here, or nowhere.
        const over = waiting.find((one, index) =>
          isOver(one, index) || one.startUs >= endUs + WISHED_US
        );
        if (waiting.isJumpAt(over)) end = over;
      }
      const groups = waiting.take(end);
      // Those of an earlier stretch, or from before the first picture, belong to nothing.
      const own = groups.filter((one) =>
        one.take === first.take && one.startUs >= first.startUs - WISHED_US
      );
      if (own.length > 0) tracks.push([name, rangesOf(own)]);
    }
    this.#records.push({
      segment: this.#records.length,
      pts: Math.max(0, Math.round(first.startUs / 1000)),
      duration: Math.max(1, Math.round((endUs - first.startUs) / 1000)),
      tracks: Object.fromEntries(tracks),
    });
  }
}

function isFarFrom(first: Timed, other: Timed): boolean {
  return other.take !== first.take ||
    Math.abs(other.startUs - first.startUs) > MAX_JUMP_US;
}

function rangesOf(groups: readonly Timed[]): GroupRange[] {
  const ranges: GroupRange[] = [];
  for (const { sequence } of groups) {
    const last = ranges.at(-1);
    if (last && sequence === last.end + 1) {
      ranges[ranges.length - 1] = { start: last.start, end: sequence };
    } else ranges.push({ start: sequence, end: sequence });
  }
  return ranges;
}

/** The tracks with media, those that lead first. */
export function mediaIn({ video, audio }: Catalog): string[] {
  return [video, audio].flatMap((section) =>
    Object.entries(section?.renditions ?? {})
      .filter(([, config]) => config.broadcast === undefined)
      .map(([name]) => name)
  );
}
