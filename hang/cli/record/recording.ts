/**
 * A folder with a recorded broadcast: a manifest that names the tracks and has
 * the catalogs, and two files for each track.
 *
 * @module
 */
import { asMoqError, MoqError, type TrackInfo } from "@moq-deno/lite";
import type { Catalog } from "../../catalog/catalog.ts";
import { Fields } from "../../catalog/fields.ts";
import { checkCatalog } from "../../catalog/parse.ts";
import { filesOf, GroupLog } from "./group_log.ts";

const MANIFEST = "recording.json";
const FORMAT_VERSION = 1;
const MAX_TRACKS = 1024;

/** A catalog and when it came. */
export interface CatalogEntry {
  /** In milliseconds since 1970. */
  readonly arrivalMs: number;
  /** What it said. */
  readonly catalog: Catalog;
}

/** What the manifest has. */
export interface Manifest {
  /** Of this format. */
  readonly version: number;
  /** Path of the broadcast that was recorded. */
  readonly name: string;
  /** The catalogs in order. */
  readonly catalogs: readonly CatalogEntry[];
  /** The tracks; the place of one is the number in its file names. */
  readonly tracks: readonly {
    readonly name: string;
    readonly info: TrackInfo;
  }[];
}

/** Puts a manifest in the place of the one before, as a whole or not at all. */
export function writeManifest(folder: string, manifest: Manifest): void {
  const path = `${folder}/${MANIFEST}`;
  Deno.writeTextFileSync(`${path}.new`, JSON.stringify(manifest));
  Deno.renameSync(`${path}.new`, path);
}

/** Creates the folder for a recording; throws `MoqError("unsupported")` when there is one in it. */
export function createFolder(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(folder)) {
    if (name !== MANIFEST && !name.endsWith(".groups")) continue;
    throw new MoqError(
      "unsupported",
      `Expected a folder without a recording, ${folder} has one`,
    );
  }
  writeManifest(folder, {
    version: FORMAT_VERSION,
    name: "",
    catalogs: [],
    tracks: [],
  });
}

function readInfo(value: unknown, path: string): TrackInfo {
  const fields = new Fields(value, path);
  const required = (name: keyof TrackInfo): number => {
    const number = fields.integer(name);
    if (number === undefined) throw fields.misfit(name, "an integer");
    return number;
  };
  return {
    priority: required("priority"),
    maxAgeMs: required("maxAgeMs"),
    timescale: required("timescale"),
  };
}

function readManifest(folder: string): Manifest {
  const fields = new Fields(
    JSON.parse(Deno.readTextFileSync(`${folder}/${MANIFEST}`)),
    MANIFEST,
  );
  const version = fields.integer("version");
  if (version !== FORMAT_VERSION) {
    throw fields.misfit("version", String(FORMAT_VERSION));
  }
  const list = (name: string): readonly unknown[] => {
    const value = fields.value(name);
    if (Array.isArray(value) && value.length <= MAX_TRACKS) return value;
    throw fields.misfit(name, `an array of at most ${MAX_TRACKS}`);
  };
  return {
    version,
    name: fields.string("name") ?? "",
    catalogs: list("catalogs").map((value, index) => {
      const entry = new Fields(value, `catalogs[${index}]`);
      return {
        arrivalMs: entry.number("arrivalMs") ?? 0,
        catalog: checkCatalog(entry.value("catalog")).catalog,
      };
    }),
    tracks: list("tracks").map((value, index) => {
      const track = new Fields(value, `tracks[${index}]`);
      return {
        name: track.requiredString("name"),
        info: readInfo(track.value("info"), `tracks[${index}].info`),
      };
    }),
  };
}

/** What of a track is not in the recording. */
export interface MissingGroups {
  /** The track. */
  readonly track: string;
  /** The first number that is not there. */
  readonly from: number;
  /** The last. */
  readonly to: number;
}

/** A recording that is read, or that grows while it is. */
export class Recording implements Disposable {
  /** Path of the broadcast that was recorded. */
  readonly name: string;
  /** The catalogs in order. */
  readonly catalogs: CatalogEntry[];
  /** The tracks by name. */
  readonly tracks: Map<string, GroupLog> = new Map();

  /** Use {@linkcode Recording.open}, or fill it. */
  constructor(name: string, catalogs: readonly CatalogEntry[] = []) {
    this.name = name;
    this.catalogs = [...catalogs];
  }

  /** Opens the recording in `folder`; throws `MoqError("decode")` that says what of it cannot be read. */
  static open(folder: string): Recording {
    try {
      const manifest = readManifest(folder);
      const recording = new Recording(manifest.name, manifest.catalogs);
      try {
        for (const [id, { name, info }] of manifest.tracks.entries()) {
          const log = GroupLog.open(filesOf(folder, id), info);
          recording.tracks.set(name, log);
        }
      } catch (error) {
        recording[Symbol.dispose]();
        throw error;
      }
      return recording;
    } catch (cause) {
      throw new MoqError(
        "decode",
        `Expected a recording in ${folder}, got: ${asMoqError(cause).message}`,
        { cause },
      );
    }
  }

  /** When the first of it was complete, in milliseconds since 1970. */
  get startMs(): number {
    const starts = [
      ...this.catalogs.slice(0, 1),
      ...[...this.tracks.values()].flatMap(({ entries }) =>
        entries.slice(0, 1)
      ),
    ];
    return Math.min(...starts.map(({ arrivalMs }) => arrivalMs));
  }

  /** The numbers between the first and the last group of each track that are not there; a publisher may leave out some itself. */
  missing(): MissingGroups[] {
    const missing: MissingGroups[] = [];
    for (const [track, { entries }] of this.tracks) {
      const numbers = entries.map(({ sequence }) => sequence)
        .sort((a, b) => a - b);
      for (const [index, to] of numbers.entries()) {
        const from = (numbers[index - 1] ?? to - 1) + 1;
        if (from < to) missing.push({ track, from, to: to - 1 });
      }
    }
    return missing;
  }

  [Symbol.dispose](): void {
    for (const log of this.tracks.values()) log[Symbol.dispose]();
  }
}
