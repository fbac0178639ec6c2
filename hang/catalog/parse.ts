/**
 * From bytes to a catalog that can be trusted: parsed once, here.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import {
  type AudioSection,
  type Catalog,
  MAX_RENDITIONS,
  type Size,
  type VideoSection,
} from "./catalog.ts";
import { Collector, sectionOf, type SectionParser } from "./collector.ts";
import { DATA_SECTIONS } from "./data_tracks.ts";
import { Fields, nested, readObject, type Shape } from "./fields.ts";
import { upgradeCatalog } from "./legacy_2025.ts";
import { checkDepth, isJsonObject } from "@moq-deno/lite/json";
import { parseAudioConfig, parseVideoConfig } from "./rendition.ts";
import { parseSideTrack, ROOM_SECTIONS } from "./room.ts";
import { parseArchive, parseClock } from "./timing.ts";

/** Most bytes of one catalog, or of one delta. */
export const MAX_CATALOG_BYTES: number = 1 << 20;
/** Most fields and array elements of one catalog, those of unknown sections included. */
export const MAX_CATALOG_FIELDS: number = 1 << 14;

/** A catalog and what of it could not be used. */
export interface ParsedCatalog {
  /** Everything that is in order, and all sections that are unknown here. */
  readonly catalog: Catalog;
  /** One error per rendition or field that was left out; its message names it. */
  readonly problems: readonly MoqError[];
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The JSON value in one frame; throws `MoqError("decode")` when it is too large, too deep or no JSON. */
function parseJson(payload: Uint8Array): unknown {
  if (payload.byteLength > MAX_CATALOG_BYTES) {
    throw new MoqError(
      "decode",
      `Expected a catalog of at most ${MAX_CATALOG_BYTES} bytes, got ${payload.byteLength}`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch (cause) {
    throw new MoqError(
      "decode",
      `Expected a catalog in JSON, got other bytes: ${messageOf(cause)}`,
      { cause },
    );
  }
  checkDepth(value);
  return value;
}

const SIZE: Shape<Partial<Size>> = { width: "positive", height: "positive" };

function parseDisplay(section: Fields, name: string): Size | undefined {
  const value = section.value(name);
  if (value === undefined) return undefined;
  const path = `${section.path}.${name}`;
  const display = readObject(value, { path, shape: SIZE });
  const { width, height } = display;
  if (width !== undefined && height !== undefined) {
    return { ...display, width, height };
  }
  throw section.misfit(name, "an object of width and height");
}

function parseRotation(section: Fields, name: string): number | undefined {
  const value = section.value(name);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw section.misfit(name, "a number of degrees");
  }
  const quarters = ((Math.round(value / 90) % 4) + 4) % 4;
  return quarters * 90;
}

const sideTrack = nested(parseSideTrack);

const VIDEO: Shape<Omit<VideoSection, "renditions">> = {
  detection: sideTrack,
  display: parseDisplay,
  rotation: parseRotation,
  flip: "boolean",
};

const AUDIO: Shape<Omit<AudioSection, "renditions">> = {
  captions: sideTrack,
  speaking: sideTrack,
};

const SECTIONS: Readonly<Record<string, SectionParser>> = {
  video: sectionOf({
    name: "video",
    field: "renditions",
    entry: parseVideoConfig,
    shape: VIDEO,
  }),
  audio: sectionOf({
    name: "audio",
    field: "renditions",
    entry: parseAudioConfig,
    shape: AUDIO,
  }),
  ...DATA_SECTIONS,
  clock: parseClock,
  archive: parseArchive,
  ...ROOM_SECTIONS,
};

// Counted before they are checked: bad ones cost work as well.
function countRenditions(root: Fields): number {
  let count = 0;
  for (const name of ["video", "audio", "text"]) {
    const section = root.value(name);
    if (Array.isArray(section)) count += section.length;
    else if (isJsonObject(section) && isJsonObject(section.renditions)) {
      count += Object.keys(section.renditions).length;
    }
  }
  return count;
}

/**
 * Checks a catalog that is already JSON. A bad rendition or section is left out
 * and named in `problems`; throws `MoqError("decode")` when nothing can be used.
 */
export function checkCatalog(value: unknown): ParsedCatalog {
  const renditions = countRenditions(new Fields(value, "catalog"));
  if (renditions > MAX_RENDITIONS) {
    throw new MoqError(
      "decode",
      `Expected at most ${MAX_RENDITIONS} renditions, got ${renditions}`,
    );
  }
  const collector = new Collector();
  const root = new Fields(upgradeCatalog(value, collector), "catalog");
  const catalog: Record<string, unknown> = {
    ...root.except(Object.keys(SECTIONS)),
  };
  for (const [name, parse] of Object.entries(SECTIONS)) {
    const section = root.value(name);
    if (section === undefined) continue;
    const parsed = collector.attempt(() => parse(section, collector));
    if (parsed !== undefined) catalog[name] = parsed;
  }
  return { catalog, problems: collector.problems };
}

/** The catalog in one frame, as {@linkcode checkCatalog}. */
export function parseCatalog(payload: Uint8Array): ParsedCatalog {
  return checkCatalog(parseJson(payload));
}
