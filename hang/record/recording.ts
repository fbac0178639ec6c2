/**
 * A recorded broadcast: a manifest that names the tracks and has the catalogs,
 * and two files for each track.
 *
 * @module
 */
import { asMoqError, Latch, MoqError } from "@moq-deno/lite";
import { type GroupEntry, GroupLog } from "./group_log.ts";
import {
  type CatalogEntry,
  type Manifest,
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
  /** Whether another publisher came, or nobody knows. */
  readonly isOtherPublisher: boolean;
}

/** A track of a recording. */
export interface RecordingTrack {
  /** Its groups. */
  readonly log: GroupLog;
  /** One for each take. */
  readonly takes: TrackTake[];
}

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
  #isComplete = false;

  /** Use {@linkcode Recording.open}, or fill it. */
  constructor({ name, catalogs, takes }: Omit<Manifest, "tracks">) {
    this.name = name;
    this.catalogs = [...catalogs];
    this.takes = [...takes];
  }

  /** Opens the recording in `store`; throws `MoqError("decode")` that says what of it cannot be read. */
  static open(
    store: RecordingStore,
    access: "read" | "write" = "read",
  ): Recording {
    try {
      const manifest = readManifest(store);
      const recording = new Recording(manifest);
      try {
        for (const [id, { name, info, takes }] of manifest.tracks.entries()) {
          const log = GroupLog.open(store, { id, info, access });
          recording.tracks.set(name, { log, takes: [...takes] });
        }
      } catch (error) {
        recording.close();
        throw error;
      }
      if (access === "read") recording.complete();
      return recording;
    } catch (cause) {
      throw new MoqError(
        "decode",
        `Expected a recording in ${store.name}, got: ${
          asMoqError(cause).message
        }`,
        { cause },
      );
    }
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
    const starts = [
      ...this.catalogs.slice(0, 1),
      ...[...this.tracks.values()].flatMap(({ log }) =>
        log.entries.slice(0, 1)
      ),
    ];
    return Math.min(...starts.map(({ arrivalMs }) => arrivalMs));
  }

  /** The take that entry number `index` of a track is from. */
  takeOf(track: RecordingTrack, index: number): number {
    return Math.max(
      0,
      track.takes.findLastIndex(({ first }) => first <= index),
    );
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
      const entry = entriesOf({ log, takes }, take)[0];
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
      const ends = [...this.tracks.values()].map((track) =>
        entriesOf(track, index).at(-1)?.arrivalMs ?? 0
      );
      const before = this.takes[index]!;
      return {
        fromMs: Math.max(before.startMs, ...ends),
        toMs: take.startMs,
        isOtherPublisher: !isSamePublisher(before, take),
      };
    });
  }

  /** Closes the files. Idempotent. */
  close(): void {
    for (const { log } of this.tracks.values()) log.close();
  }
}

/** The groups of one take of a track. */
export function entriesOf(
  { log, takes }: RecordingTrack,
  take: number,
): readonly GroupEntry[] {
  const from = takes[take]?.first ?? (take === 0 ? 0 : log.entries.length);
  return log.entries.slice(from, takes[take + 1]?.first);
}

/** Whether group numbers and timestamps of the second take go on from the first. */
export function isSamePublisher(one: Take, other: Take): boolean {
  return one.publisher !== undefined && one.publisher === other.publisher;
}
