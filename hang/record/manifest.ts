/**
 * What a recording says about itself: its name, its tracks, its takes and its
 * catalogs. It is a journal that only grows; recordings of before have one text
 * of JSON instead.
 *
 * @module
 */
import { MoqError, type TrackInfo } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { equalJson } from "@moq-deno/lite/json";
import type { Catalog } from "../catalog/catalog.ts";
import { Fields, required } from "../catalog/fields.ts";
import { checkCatalog } from "../catalog/parse.ts";
import { readJournal, readWhole } from "./journal.ts";
import {
  MAX_CATALOGS,
  MAX_MANIFEST_BYTES,
  MAX_RECORDED_TRACKS,
  MAX_TAKES,
  MAX_TRACK_TAKES,
} from "./limits.ts";
import type { RecordingStore } from "./store.ts";

/** Name of the journal. */
export const JOURNAL = "recording.jsonl";
/** Name of the file with the newest catalog, once there are more than are kept. */
export const NEWEST_CATALOG = "catalog.json";
/** Names of the text that was the manifest before, and of the next one while it was written. */
export const OLD_MANIFESTS = ["recording.json", "recording.json.new"] as const;

/** What the first line of a journal says. */
const JOURNAL_VERSION = 2;
const OLD_VERSION = 1;
// Far more than the catalog of any studio.
const MAX_TWICE_CHARS = 64 << 10;

/** A catalog and when it came. */
export interface CatalogEntry {
  /** In milliseconds since 1970. */
  readonly arrivalMs: number;
  /** What it said. */
  readonly catalog: Catalog;
}

/** A stretch that was recorded without an interruption. */
export interface Take {
  /** When it began, in milliseconds since 1970. */
  readonly startMs: number;
  /** Who published, where that is known: equal ids are the same publisher. */
  readonly publisher?: string | undefined;
}

/** Where a take begins within a track. */
export interface TrackTake {
  /** How many groups of the track were recorded before. */
  readonly first: number;
  /** What was added to the publisher's group numbers, which begin at 0 with another publisher. */
  readonly base: number;
}

/** A track as the manifest names it. */
export interface ManifestTrack {
  /** The number in its file names. */
  readonly id: number;
  /** Within the broadcast. */
  readonly name: string;
  /** Its properties. */
  readonly info: TrackInfo;
  /** One for each take of the recording. */
  readonly takes: TrackTake[];
}

/** What the manifest has. */
export interface Manifest {
  /** Path of the broadcast that was recorded. */
  readonly name: string;
  /** The catalogs in order. */
  readonly catalogs: readonly CatalogEntry[];
  /** The stretches in order. */
  readonly takes: readonly Take[];
  /** The tracks. */
  readonly tracks: readonly ManifestTrack[];
  /** What of it could not be read, one sentence each. */
  readonly problems: readonly string[];
}

/** One line of a journal behind its first. */
export type ManifestLine =
  | { readonly catalog: CatalogEntry }
  | { readonly track: Omit<ManifestTrack, "takes"> }
  | {
    readonly take: Take & {
      /** Its place among the takes. */
      readonly number: number;
      /** The id of each track, and where the take begins in it. */
      readonly tracks: readonly (readonly [number, number, number])[];
    };
  };

/** The lines that say what `manifest` does, the first one included. */
export function* linesOf(manifest: Manifest): Generator<unknown, void> {
  const { name, catalogs, tracks, takes } = manifest;
  const head = { version: JOURNAL_VERSION, name };
  yield* [head, head];
  const lines: ManifestLine[] = [
    ...tracks.map(({ id, name, info }) => ({ track: { id, name, info } })),
    ...takes.map((take, index) => ({
      take: { ...take, number: index, tracks: beginnings(tracks, index) },
    })),
    ...catalogs.map((catalog) => ({ catalog })),
  ];
  for (const line of lines) yield* timesWritten(line);
}

/** `line` as often as it is written: groups could not be read without it, so there are two, unless it is a catalog of an odd size. */
export function timesWritten(line: ManifestLine): readonly ManifestLine[] {
  const isLong = "catalog" in line &&
    JSON.stringify(line).length > MAX_TWICE_CHARS;
  return isLong ? [line] : [line, line];
}

/** Where take number `index` begins in each track, as its line says. */
function beginnings(
  tracks: readonly ManifestTrack[],
  index: number,
): [number, number, number][] {
  return tracks.map(({ id, takes }) => {
    const { first, base } = takes[index] ?? { first: 0, base: 0 };
    return [id, first, base];
  });
}

/** Reads it; throws `MoqError("decode")` when there is none that can be read, and what the store throws. */
export function readManifest(store: RecordingStore): Manifest {
  const files = store.files();
  const manifest = new ManifestReader();
  if (files.includes(JOURNAL)) manifest.readJournal(store);
  const isEmpty = manifest.tracks.length === 0;
  const old = OLD_MANIFESTS.filter((name) => files.includes(name));
  if (isEmpty && (old.length > 0 || !manifest.hasLines)) {
    manifest.readOld(store, old);
  }
  if (files.includes(NEWEST_CATALOG)) manifest.readNewest(store);
  return manifest;
}

/** Collects what can be read, and names what cannot. */
class ManifestReader implements Manifest {
  name = "";
  readonly catalogs: CatalogEntry[] = [];
  readonly takes: Take[] = [];
  readonly tracks: ManifestTrack[] = [];
  readonly problems: string[] = [];
  /** Whether any line of a journal was read. */
  hasLines = false;
  #hasHead = false;
  readonly #takeNumbers: Set<number> = new Set();

  readJournal(store: RecordingStore): void {
    const bytes = readWhole(store, JOURNAL);
    const { values, damaged, rest } = readJournal(bytes);
    for (const line of damaged) {
      this.problems.push(`line ${line} of ${JOURNAL} is damaged`);
    }
    if (rest.byteLength > 0) {
      this.problems.push(`the last line of ${JOURNAL} is cut off`);
    }
    for (const [index, value] of values.entries()) {
      this.#attempt(() => this.#readLine(value, `${JOURNAL}[${index}]`));
    }
    this.hasLines = values.length > 0;
    if (!this.#hasHead) {
      this.problems.push(`${JOURNAL} does not say of which broadcast it is`);
    }
  }

  /** Of the texts `names`, the first that can be read. */
  readOld(store: RecordingStore, names: readonly string[]): void {
    let failure: unknown = new MoqError(
      "decode",
      `no ${JOURNAL} and no ${OLD_MANIFESTS[0]} that can be read`,
    );
    for (const name of names) {
      try {
        const text = store.readText(name, MAX_MANIFEST_BYTES);
        this.#readOldText(JSON.parse(text), name);
        if (name !== OLD_MANIFESTS[0]) {
          const [usual] = OLD_MANIFESTS;
          this.problems.push(`${name} was read for want of a ${usual}`);
        }
        return;
      } catch (error) {
        if (name === names[0]) failure = error;
      }
    }
    if (!this.hasLines) throw failure;
  }

  readNewest(store: RecordingStore): void {
    this.#attempt(() => {
      const text = store.readText(NEWEST_CATALOG, MAX_MANIFEST_BYTES);
      const newest = readCatalog(JSON.parse(text), NEWEST_CATALOG);
      const last = this.catalogs.at(-1);
      if (last && last.arrivalMs > newest.arrivalMs) return;
      if (this.catalogs.length >= MAX_CATALOGS) this.catalogs.pop();
      this.catalogs.push(newest);
    });
  }

  #readLine(value: unknown, path: string): void {
    const fields = new Fields(value, path);
    const [catalog, track, take] = ["catalog", "track", "take"]
      .map((name) => fields.value(name));
    if (catalog !== undefined) this.#addCatalog(readCatalog(catalog, path));
    else if (track !== undefined) this.#addTrack(readTrackLine(track, path));
    else if (take !== undefined) this.#addTake(take, path);
    else {
      if (fields.integer("version") !== JOURNAL_VERSION) {
        throw fields.misfit("version", String(JOURNAL_VERSION));
      }
      this.name = textOf(fields, "name");
      this.#hasHead = true;
    }
  }

  #readOldText(value: unknown, name: string): void {
    const fields = new Fields(value, name);
    if (fields.integer("version") !== OLD_VERSION) {
      throw fields.misfit("version", String(OLD_VERSION));
    }
    const tracks = listIn(fields, "tracks");
    const catalogs = listIn(fields, "catalogs");
    const takes = fields.value("takes") === undefined
      ? []
      : listIn(fields, "takes");
    this.name = textOf(fields, "name");
    for (const [index, catalog] of catalogs.entries()) {
      const path = `catalogs[${index}]`;
      this.#attempt(() => this.#addCatalog(readCatalog(catalog, path)));
    }
    for (const [index, take] of takes.entries()) {
      this.#attempt(() => this.takes.push(readTake(take, `takes[${index}]`)));
    }
    for (const [id, track] of tracks.entries()) {
      this.#attempt(() => this.#addTrack(readOldTrack(track, id)));
    }
  }

  #addCatalog(entry: CatalogEntry): void {
    const isAgain = entry.arrivalMs === this.catalogs.at(-1)?.arrivalMs &&
      equalJson(entry, this.catalogs.at(-1));
    if (!isAgain) this.catalogs.push(entry);
  }

  #addTrack(track: Omit<ManifestTrack, "takes"> & { takes?: TrackTake[] }) {
    const { id, name, info } = track;
    const known = this.tracks.find((one) => one.id === id);
    if (known && equalJson([known.name, known.info], [name, info])) return;
    if (this.tracks.length >= MAX_RECORDED_TRACKS) {
      throw new MoqError("decode", `more than ${MAX_RECORDED_TRACKS} tracks`);
    }
    if (this.tracks.some((one) => one.id === id || one.name === name)) {
      throw new MoqError("decode", `a second track ${JSON.stringify(name)}`);
    }
    const takes = track.takes ??
      this.takes.map(() => ({ first: 0, base: 0 }));
    this.tracks.push({ ...track, takes });
  }

  #addTake(value: unknown, path: string): void {
    const take = readTake(value, path);
    const number = integerOf(new Fields(value, path), "number");
    if (this.#takeNumbers.has(number)) return;
    this.#takeNumbers.add(number);
    const places = readBeginnings(value, path);
    const count = this.takes.length + 1;
    if (count > MAX_TAKES || count * this.tracks.length > MAX_TRACK_TAKES) {
      throw new MoqError("decode", `more takes than a recording may have`);
    }
    this.takes.push(take);
    for (const { id, takes } of this.tracks) {
      takes.push(places.get(id) ?? takes.at(-1) ?? { first: 0, base: 0 });
    }
  }

  #attempt(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.problems.push(messageOf(error));
    }
  }
}

const integerOf = required<number>("integer", "an integer");
const positiveOf = required<number>("positive", "an integer above 0");

function listIn(fields: Fields, name: string): readonly unknown[] {
  const value = fields.value(name);
  if (Array.isArray(value)) return value;
  throw fields.misfit(name, "an array");
}

/** A string, which may be empty, as the names of broadcasts and tracks may. */
function textOf(fields: Fields, name: string): string {
  const value = fields.value(name) ?? "";
  if (typeof value === "string") return value;
  throw fields.misfit(name, "a string");
}

function readCatalog(value: unknown, path: string): CatalogEntry {
  const entry = new Fields(value, path);
  return {
    arrivalMs: entry.number("arrivalMs") ?? 0,
    catalog: checkCatalog(entry.value("catalog")).catalog,
  };
}

function readTake(value: unknown, path: string): Take {
  const fields = new Fields(value, path);
  return {
    startMs: fields.number("startMs") ?? 0,
    publisher: fields.string("publisher"),
  };
}

function readBeginnings(value: unknown, path: string): Map<number, TrackTake> {
  const fields = new Fields(value, path);
  const places = new Map<number, TrackTake>();
  for (const row of listIn(fields, "tracks")) {
    const [id, first, base] = Array.isArray(row) ? row : [];
    const isRow = [id, first, base].every((one) =>
      Number.isSafeInteger(one) && one >= 0
    );
    if (!isRow) throw fields.misfit("tracks", "rows of three integers");
    places.set(id, { first, base });
  }
  return places;
}

function readTrackLine(
  value: unknown,
  path: string,
): Omit<ManifestTrack, "takes"> {
  const fields = new Fields(value, path);
  return { id: integerOf(fields, "id"), ...readTrack(fields, path) };
}

function readOldTrack(value: unknown, id: number): ManifestTrack {
  const path = `tracks[${id}]`;
  const fields = new Fields(value, path);
  const takes = fields.value("takes") === undefined
    ? []
    : listIn(fields, "takes").map((one, place) => {
      const take = new Fields(one, `${path}.takes[${place}]`);
      const base = Math.min(take.number("base") ?? 0, Number.MAX_SAFE_INTEGER);
      return { first: integerOf(take, "first"), base: Math.max(0, base) };
    });
  return { id, ...readTrack(fields, path), takes };
}

function readTrack(
  fields: Fields,
  path: string,
): { readonly name: string; readonly info: TrackInfo } {
  const info = new Fields(fields.value("info"), `${path}.info`);
  return {
    name: textOf(fields, "name"),
    info: {
      priority: integerOf(info, "priority"),
      maxAgeMs: integerOf(info, "maxAgeMs"),
      timescale: positiveOf(info, "timescale"),
    },
  };
}
