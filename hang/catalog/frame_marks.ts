/**
 * When pictures were captured, encoded and sent, told by their publisher on a
 * track of JSON beside them, so that a viewer can say where time goes. A track
 * of the section `json` of hang's catalog, with a schema of this project.
 *
 * @module
 */
import type {
  BroadcastConsumer,
  BroadcastProducer,
  TrackProducer,
} from "@moq-deno/lite";
import { consumeSnapshots, SnapshotProducer } from "@moq-deno/lite/json";
import type { Catalog } from "./catalog.ts";
import type { JsonTrackConfig } from "./data_tracks.ts";
import { type ClockConfig, wallOf } from "./timing.ts";

/** Name of the track where nothing else is said. */
export const FRAME_MARKS_TRACK = "marks.json";
/** What its catalog entry names as schema. */
export const FRAME_MARKS_SCHEMA = "moq-deno:frame-marks:1";
/** The entry of the catalog's section `json`. */
export const FRAME_MARKS_CONFIG: JsonTrackConfig = {
  mode: "snapshot",
  schema: FRAME_MARKS_SCHEMA,
};

// Each update tells of the last second, so that one that is passed over takes nothing away.
const UPDATE_MS = 500;
const TOLD_MS = 1000;
const MAX_MARKS = 512;
// A mark is a row of five; what other versions may add has room.
const MAX_UPDATE_FIELDS = 16 * MAX_MARKS;
const MAX_UPDATE_BYTES = 512 * MAX_MARKS;

/** One picture at its publisher, in milliseconds since the timestamp 0. */
export interface PublisherMark {
  /** Track of the rendition. */
  readonly track: string;
  /** Presentation time in microseconds. */
  readonly timestampUs: number;
  /** It came from the camera. */
  readonly capturedMs: number;
  /** It came out of the encoder. */
  readonly encodedMs: number;
  /** It was handed to the session. */
  readonly sentMs: number;
}

/** What one update of the track says. */
export interface FrameMarks {
  /** The pictures of the last second. */
  readonly marks: readonly PublisherMark[];
  /** The publisher's round trip to its relay and back, in milliseconds, where it knows it. */
  readonly rttMs?: number | undefined;
}

/** A station on the way out. */
export type PublisherStage = "captured" | "encoded" | "sent";

/** A picture at a station. */
export interface StageMark {
  /** Track of the rendition. */
  readonly track: string;
  /** Presentation time in microseconds. */
  readonly timestampUs: number;
  /** `performance.now()` when it was there. */
  readonly atMs: number;
}

/** Options of {@linkcode FrameMarksProducer}. */
export interface FrameMarksOptions {
  /** The section `clock` of the broadcast's catalog. */
  readonly clock: ClockConfig;
  /** The track's name. Default `marks.json`. */
  readonly track?: string | undefined;
}

interface Pending {
  readonly capturedMs: number;
  encodedMs?: number;
}

/** Publishes what it is told, while somebody reads it. */
export class FrameMarksProducer {
  /** The publisher's round trip to its relay, which it may set. */
  rttMs: number | undefined;
  readonly #track: TrackProducer;
  readonly #json: SnapshotProducer;
  readonly #originMs: number;
  readonly #pending: Map<string, Pending> = new Map();
  #marks: PublisherMark[] = [];
  #toldMs = -Infinity;

  /** Makes the track in `broadcast`; the catalog is the caller's to write. */
  constructor(
    broadcast: BroadcastProducer,
    { clock, track = FRAME_MARKS_TRACK }: FrameMarksOptions,
  ) {
    this.#track = broadcast.createTrack(track);
    this.#json = new SnapshotProducer(this.#track);
    this.#originMs = performance.timeOrigin - wallOf(clock);
  }

  /** A picture has come to a station; the stations in their order. */
  mark(
    stage: PublisherStage,
    { track, timestampUs, atMs }: StageMark,
  ): void {
    if (this.#track.demand.subscribers === 0) return;
    const ms = this.#originMs + atMs;
    const key = `${timestampUs} ${track}`;
    if (stage === "captured") {
      this.#pending.set(key, { capturedMs: ms });
      if (this.#pending.size > MAX_MARKS) this.#pending.clear();
      return;
    }
    const pending = this.#pending.get(key);
    if (stage === "encoded") {
      if (pending) pending.encodedMs = ms;
      return;
    }
    if (pending?.encodedMs === undefined) return;
    this.#pending.delete(key);
    const { capturedMs, encodedMs } = pending;
    const mark = { track, timestampUs, capturedMs, encodedMs, sentMs: ms };
    this.#marks.push(mark);
    if (ms - this.#toldMs >= UPDATE_MS) this.#tell(ms);
  }

  /** Ends the track. */
  close(): void {
    this.#json.close();
  }

  #tell(nowMs: number): void {
    this.#toldMs = nowMs;
    this.#marks = this.#marks.filter(({ sentMs }) => nowMs - sentMs < TOLD_MS)
      .slice(-MAX_MARKS);
    const marks = this.#marks.map((mark) => [
      mark.track,
      mark.timestampUs,
      tenths(mark.capturedMs),
      tenths(mark.encodedMs),
      tenths(mark.sentMs),
    ]);
    const { rttMs } = this;
    this.#json.update({ marks, ...(rttMs !== undefined && { rttMs }) });
  }
}

/** Name of the track with marks in a broadcast that has this catalog. */
export function frameMarksTrack({ json }: Catalog): string | undefined {
  const tracks = Object.entries(json?.tracks ?? {});
  return tracks.find(([, { schema }]) => schema === FRAME_MARKS_SCHEMA)?.[0];
}

/** What the publisher tells, update by update; what makes no sense in one is left out. */
export async function* consumeFrameMarks(
  broadcast: BroadcastConsumer,
  { track, signal }: { readonly track: string; readonly signal: AbortSignal },
): AsyncGenerator<FrameMarks, void> {
  const updates = consumeSnapshots(broadcast.track(track), {
    maxBytes: MAX_UPDATE_BYTES,
    maxFields: MAX_UPDATE_FIELDS,
    signal,
  });
  for await (const update of updates) yield readMarks(update);
}

function readMarks(update: unknown): FrameMarks {
  const { marks, rttMs } = Object(update) as Record<string, unknown>;
  const rows = Array.isArray(marks) ? marks.slice(0, MAX_MARKS) : [];
  return {
    marks: rows.map(readMark).filter((mark) => mark !== undefined),
    ...(typeof rttMs === "number" && { rttMs }),
  };
}

function readMark(row: unknown): PublisherMark | undefined {
  if (!Array.isArray(row)) return undefined;
  const [track, ...numbers] = row as unknown[];
  const [timestampUs, capturedMs, encodedMs, sentMs] = numbers.map((value) =>
    typeof value === "number" ? value : NaN
  );
  const mark = {
    track: String(track),
    timestampUs: timestampUs ?? NaN,
    capturedMs: capturedMs ?? NaN,
    encodedMs: encodedMs ?? NaN,
    sentMs: sentMs ?? NaN,
  };
  return numbers.length === 4 && !Number.isNaN(
      mark.timestampUs + mark.capturedMs + mark.encodedMs + mark.sentMs,
    )
    ? mark
    : undefined;
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
