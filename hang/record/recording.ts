/**
 * A recorded broadcast: a manifest that names the tracks and has the catalogs,
 * and two files for each track.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { firstPlace, Latch, messageOf } from "@moq-deno/lite/internal";
import { filesOf, type GroupEntry, GroupLog } from "./group_log.ts";
import {
  type CatalogEntry,
  type Manifest,
  type ManifestTrack,
  readManifest,
  type Take,
  type TrackTake,
} from "./manifest.ts";
import type { RecordingStore } from "./store.ts";

/** What of a track is not in the recording. */
export interface MissingGroups {
  /** The track. */
  readonly track: string;
  /** The first number that is not there. */
  readonly from: number;
  /** The last. */
  readonly to: number;
}

/** A stretch of time in which nothing was recorded. */
export interface Interruption {
  /** When the last group before it was complete, in milliseconds since 1970. */
  readonly fromMs: number;
  /** When recording began again. */
  readonly toMs: number;
  /** Whether another publisher came, or that is not known. */
  readonly isOtherPublisher: boolean;
}

/** A track of a recording. */
export interface RecordingTrack {
  /** The number in its file names. */
  readonly id: number;
  /** Its groups. */
  readonly log: GroupLog;
  /** One for each take. */
  readonly takes: TrackTake[];
}

/** Emitted types leave out members with computed names, so this declares the disposal. */
export interface Recording extends Disposable {}

/** A recording that is read, or that grows while it is; the owner closes it. */
export class Recording {
  /** Path of the broadcast that was recorded. */
  readonly name: string;
  /** The catalogs in order. */
  readonly catalogs: CatalogEntry[];
  /** The stretches in order. */
  readonly takes: Take[];
  /** The tracks by name, in the order of their files. */
  readonly tracks: Map<string, RecordingTrack> = new Map();
  /** Wakes when it has grown or is complete. */
  readonly changed: Latch = new Latch();
  readonly #problems: string[];
  #isComplete = false;

  /** Use {@linkcode Recording.open}, or fill it. */
  constructor({ name, catalogs, takes, problems }: Omit<Manifest, "tracks">) {
    this.name = name;
    this.catalogs = [...catalogs];
    this.takes = [...takes];
    this.#problems = [...problems];
  }

  /**
   * Opens the recording in `store` with all of it that can be read; `problems` says what cannot. Throws `MoqError("decode")`
   * where there is no recording.
   */
  static open(
    store: RecordingStore,
    access: "read" | "write" = "read",
  ): Recording {
    try {
      const manifest = readManifest(store);
      const recording = new Recording(manifest);
      try {
        for (const track of manifest.tracks) {
          recording.#openTrack(store, { track, access });
        }
      } catch (error) {
        recording.close();
        throw error;
      }
      recording.#nameStrays(store.files());
      if (access === "read") recording.complete();
      return recording;
    } catch (cause) {
      throw new MoqError(
        "decode",
        `Expected a recording in ${store.name}, got: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  #openTrack(
    store: RecordingStore,
    { track: { id, name, info, takes }, access }: {
      readonly track: ManifestTrack;
      readonly access: "read" | "write";
    },
  ): void {
    const shown = JSON.stringify(name);
    try {
      const log = GroupLog.open(store, { id, info, access });
      const placed = takes.map(({ first, base }) => ({
        first: first - countBelow(log.lost, first),
        base,
      }));
      this.tracks.set(name, { id, log, takes: placed });
    } catch (error) {
      // What cannot be written would be lost: only a reader goes on without the track.
      if (access === "write") throw error;
      const message = messageOf(error);
      this.#problems.push(`track ${shown} cannot be read: ${message}`);
    }
  }

  #nameStrays(files: readonly string[]): void {
    const known = new Set(
      [...this.tracks.values()].map(({ id }) => filesOf(id).groups),
    );
    for (const file of files) {
      if (/^\d+\.groups$/.test(file) && !known.has(file)) {
        this.#problems.push(`${file} belongs to no track that is known`);
      }
    }
  }

  /** What was damaged or left out when it was opened, one sentence each. */
  get problems(): readonly string[] {
    const damage = [...this.tracks].flatMap(([name, { log }]) =>
      damageOf(JSON.stringify(name), log)
    );
    return [...this.#problems, ...damage];
  }

  /** Whether anything that was recorded is known to be lost; groups are not read for this. */
  get hasLosses(): boolean {
    return this.#problems.length > 0 ||
      [...this.tracks.values()].some(({ log }) =>
        log.damaged.some((one) => !one.recovered)
      );
  }

  /** Whether it does not grow any more. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Nothing more will be recorded. */
  complete(): void {
    this.#isComplete = true;
    this.changed.wake();
  }

  /** When the first of it was complete, in milliseconds since 1970. */
  get startMs(): number {
    let startMs = this.catalogs[0]?.arrivalMs ?? Infinity;
    for (const { log: { entries: [first] } } of this.tracks.values()) {
      if (first) startMs = Math.min(startMs, first.arrivalMs);
    }
    return startMs;
  }

  /** The take that entry number `index` of a track is from. */
  takeOf({ takes }: RecordingTrack, index: number): number {
    // `first` never goes down.
    const behind = firstPlace(takes.length, (at) => takes[at]!.first > index);
    return Math.max(0, behind - 1);
  }

  /**
   * For each take, what has to be added to its timestamps so that time goes on where another publisher counts from 0
   * again, in microseconds. All tracks of a take share it, so that they stay together.
   */
  offsetsUs(): number[] {
    const starts = this.takes.map((_, take) => this.#startOf(take));
    let offsetUs = 0;
    return this.takes.map((take, index) => {
      const previous = this.takes[index - 1];
      const [start, before] = [starts[index], starts[index - 1]];
      if (!previous || isSamePublisher(previous, take)) return offsetUs;
      if (start && before) {
        const passedUs = (start.arrivalMs - before.arrivalMs) * 1000;
        offsetUs += before.timestampUs + passedUs - start.timestampUs;
      }
      return offsetUs;
    });
  }

  /** The first group of a take. */
  #startOf(
    take: number,
  ): { readonly arrivalMs: number; readonly timestampUs: number } | undefined {
    let earliest: { arrivalMs: number; timestampUs: number } | undefined;
    for (const { log, takes } of this.tracks.values()) {
      const [from, to] = rangeOf({ log, takes }, take);
      const entry = from < to ? log.entries[from] : undefined;
      const ticks = entry && log.startOf(entry);
      if (!entry || ticks === undefined) continue;
      if (entry.arrivalMs >= (earliest?.arrivalMs ?? Infinity)) continue;
      const timestampUs = ticks * (1_000_000 / log.info.timescale);
      earliest = { arrivalMs: entry.arrivalMs, timestampUs };
    }
    return earliest;
  }

  /** The numbers between the first and the last group of each track that are not there; a publisher may leave out some itself. */
  missing(): MissingGroups[] {
    const missing: MissingGroups[] = [];
    for (const [track, { log }] of this.tracks) {
      const numbers = log.entries.map(({ sequence }) => sequence)
        .sort((a, b) => a - b);
      for (const [index, to] of numbers.entries()) {
        const from = (numbers[index - 1] ?? to - 1) + 1;
        if (from < to) missing.push({ track, from, to: to - 1 });
      }
    }
    return missing;
  }

  /** Where recording stopped and went on. */
  interruptions(): Interruption[] {
    return this.takes.slice(1).map((take, index) => {
      const before = this.takes[index]!;
      let fromMs = before.startMs;
      for (const track of this.tracks.values()) {
        const [from, to] = rangeOf(track, index);
        const last = from < to ? track.log.entries[to - 1] : undefined;
        fromMs = Math.max(fromMs, last?.arrivalMs ?? 0);
      }
      return {
        fromMs,
        toMs: take.startMs,
        isOtherPublisher: !isSamePublisher(before, take),
      };
    });
  }

  /** Closes the files. Idempotent. */
  close(): void {
    for (const { log } of this.tracks.values()) log.close();
  }

  /** As {@linkcode Recording.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The groups of a track in the takes from `take` to before `end`. */
export function entriesOf(
  track: Pick<RecordingTrack, "log" | "takes">,
  take: number,
  end: number = take + 1,
): readonly GroupEntry[] {
  const [from] = rangeOf(track, take);
  const [, to] = rangeOf(track, end - 1);
  return track.log.entries.slice(from, to);
}

/** Where the groups of one take of a track are among its entries: the first, and one after the last. */
function rangeOf(
  { log: { entries }, takes }: Pick<RecordingTrack, "log" | "takes">,
  take: number,
): [from: number, to: number] {
  const from = takes[take]?.first ?? (take === 0 ? 0 : entries.length);
  return [from, Math.min(entries.length, takes[take + 1]?.first ?? Infinity)];
}

/** How many of `sorted` are below `limit`. */
function countBelow(sorted: readonly number[], limit: number): number {
  return firstPlace(sorted.length, (at) => sorted[at]! >= limit);
}

/** What was damaged in the index of a track, in sentences; a recorder that was killed leaves bytes of no group too. */
function damageOf(
  track: string,
  { damaged, entries, unindexedBytes }: GroupLog,
): string[] {
  const recovered = damaged.filter((one) => one.recovered).length;
  const lost = damaged.length - recovered;
  const count = (n: number) => `${n} of ${entries.length + lost} entries`;
  return [
    ...(recovered > 0
      ? [`index of track ${track}: ${count(recovered)} damaged, recovered`]
      : []),
    ...(lost > 0
      ? [`index of track ${track}: ${count(lost)} damaged, groups left out`]
      : []),
    ...(unindexedBytes > 0
      ? [`${unindexedBytes} bytes of track ${track} belong to no group`]
      : []),
  ];
}

/** Whether group numbers and timestamps of the second take go on from the first. */
export function isSamePublisher(one: Take, other: Take): boolean {
  return one.publisher !== undefined && one.publisher === other.publisher;
}
