/**
 * The one text of a recording: its tracks, its catalogs and its takes.
 *
 * @module
 */
import type { TrackInfo } from "@moq-deno/lite";
import type { Catalog } from "../catalog/catalog.ts";
import { Fields } from "../catalog/fields.ts";
import { checkCatalog } from "../catalog/parse.ts";
import type { RecordingStore } from "./store.ts";

/** Name of the file. */
export const MANIFEST = "recording.json";

const FORMAT_VERSION = 1;
const MAX_TRACKS = 1024;
const MAX_TAKES = 10_000;
// A thousand catalogs of ordinary size.
const MAX_BYTES = 64 << 20;

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
  /** Within the broadcast. */
  readonly name: string;
  /** Its properties. */
  readonly info: TrackInfo;
  /** One for each take of the recording. */
  readonly takes: readonly TrackTake[];
}

/** What the manifest has. */
export interface Manifest {
  /** Path of the broadcast that was recorded. */
  readonly name: string;
  /** The catalogs in order. */
  readonly catalogs: readonly CatalogEntry[];
  /** At least one once something was recorded. */
  readonly takes: readonly Take[];
  /** The tracks; the place of one is the number in its file names. */
  readonly tracks: readonly ManifestTrack[];
}

/** Puts a manifest in the place of the one before, as a whole or not at all. */
export function writeManifest(store: RecordingStore, manifest: Manifest): void {
  const { name, takes, tracks, catalogs } = manifest;
  const whole = { version: FORMAT_VERSION, name, takes, tracks, catalogs };
  store.replaceText(MANIFEST, JSON.stringify(whole));
}

/** Reads it; throws `MoqError("decode")` that names the field, and what the store throws. */
export function readManifest(store: RecordingStore): Manifest {
  const text = store.readText(MANIFEST, MAX_BYTES);
  const fields = new Fields(JSON.parse(text), MANIFEST);
  if (fields.integer("version") !== FORMAT_VERSION) {
    throw fields.misfit("version", String(FORMAT_VERSION));
  }
  return {
    name: fields.string("name") ?? "",
    catalogs: listOf(fields, { name: "catalogs", max: MAX_TRACKS }).map(
      (value, index) => {
        const entry = new Fields(value, `catalogs[${index}]`);
        return {
          arrivalMs: entry.number("arrivalMs") ?? 0,
          catalog: checkCatalog(entry.value("catalog")).catalog,
        };
      },
    ),
    takes: fields.value("takes") === undefined
      ? []
      : listOf(fields, { name: "takes", max: MAX_TAKES }).map(readTake),
    tracks: listOf(fields, { name: "tracks", max: MAX_TRACKS }).map(readTrack),
  };
}

function listOf(
  fields: Fields,
  { name, max }: { readonly name: string; readonly max: number },
): readonly unknown[] {
  const value = fields.value(name);
  if (Array.isArray(value) && value.length <= max) return value;
  throw fields.misfit(name, `an array of at most ${max}`);
}

function readTake(value: unknown, index: number): Take {
  const fields = new Fields(value, `takes[${index}]`);
  return {
    startMs: fields.number("startMs") ?? 0,
    publisher: fields.string("publisher"),
  };
}

function readTrack(value: unknown, index: number): ManifestTrack {
  const path = `tracks[${index}]`;
  const fields = new Fields(value, path);
  const info = new Fields(fields.value("info"), `${path}.info`);
  return {
    name: fields.requiredString("name"),
    info: {
      priority: integerOf(info, "priority"),
      maxAgeMs: integerOf(info, "maxAgeMs"),
      timescale: positiveOf(info, "timescale"),
    },
    takes: fields.value("takes") === undefined
      ? []
      : listOf(fields, { name: "takes", max: MAX_TAKES }).map((one, place) => {
        const take = new Fields(one, `${path}.takes[${place}]`);
        return {
          first: integerOf(take, "first"),
          base: integerOf(take, "base"),
        };
      }),
  };
}

function integerOf(fields: Fields, name: string): number {
  const number = fields.integer(name);
  if (number === undefined) throw fields.misfit(name, "an integer");
  return number;
}

function positiveOf(fields: Fields, name: string): number {
  const number = fields.positive(name);
  if (number === undefined) throw fields.misfit(name, "an integer above 0");
  return number;
}
