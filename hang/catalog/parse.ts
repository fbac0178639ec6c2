/**
 * From bytes to a catalog that can be trusted: parsed once, here.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { asMoqError } from "@moq-deno/lite/internal";
import {
  type AudioSection,
  type Catalog,
  MAX_RENDITIONS,
  type Size,
  type VideoSection,
} from "./catalog.ts";
import { Collector } from "./collector.ts";
import {
  parseBinaryTracks,
  parseJsonTracks,
  parseText,
} from "./data_tracks.ts";
import { Fields, isObject } from "./fields.ts";
import { upgradeCatalog } from "./legacy_2025.ts";
import { checkDepth } from "@moq-deno/lite/json";
import { parseAudioConfig, parseVideoConfig } from "./rendition.ts";
import {
  parseCapabilities,
  parseChat,
  parseLocation,
  parsePreview,
  parseSideTrack,
  parseUser,
  type SideTrack,
} from "./room.ts";
import { parseArchive, parseClock } from "./timing.ts";

/** Most bytes of one catalog, or of one delta. */
export const MAX_CATALOG_BYTES = 1 << 20;
/** Most fields and array elements of one catalog, those of unknown sections included. */
export const MAX_CATALOG_FIELDS = 1 << 14;

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
      `Expected a catalog in JSON, got other bytes: ${
        asMoqError(cause).message
      }`,
      { cause },
    );
  }
  checkDepth(value);
  return value;
}

function parseDisplay(section: Fields): Size | undefined {
  const value = section.value("display");
  if (value === undefined) return undefined;
  const display = new Fields(value, "video.display");
  const width = display.positive("width");
  const height = display.positive("height");
  if (width === undefined || height === undefined) {
    throw section.misfit("display", "an object of width and height");
  }
  return { ...display.except([]), width, height };
}

function parseRotation(section: Fields): number | undefined {
  const value = section.value("rotation");
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw section.misfit("rotation", "a number of degrees");
  }
  const quarters = ((Math.round(value / 90) % 4) + 4) % 4;
  return quarters * 90;
}

const VIDEO_FIELDS = ["renditions", "display", "rotation", "flip", "detection"];

function sideTrack(section: Fields, path: string, { name, collector }: {
  readonly name: string;
  readonly collector: Collector;
}): SideTrack | undefined {
  const value = section.value(name);
  if (value === undefined) return undefined;
  return collector.attempt(() => parseSideTrack(value, `${path}.${name}`));
}

function parseVideo(value: unknown, collector: Collector): VideoSection {
  const section = new Fields(value, "video");
  const renditions = collector.entries(section, "video", {
    field: "renditions",
    parse: parseVideoConfig,
  });
  const detection = sideTrack(section, "video", {
    name: "detection",
    collector,
  });
  const display = collector.attempt(() => parseDisplay(section));
  const rotation = collector.attempt(() => parseRotation(section));
  const flip = collector.attempt(() => section.boolean("flip"));
  return {
    ...section.except(VIDEO_FIELDS),
    renditions,
    ...(display && { display }),
    ...(rotation !== undefined && { rotation }),
    ...(flip !== undefined && { flip }),
    ...(detection && { detection }),
  };
}

function parseAudio(value: unknown, collector: Collector): AudioSection {
  const section = new Fields(value, "audio");
  const renditions = collector.entries(section, "audio", {
    field: "renditions",
    parse: parseAudioConfig,
  });
  const captions = sideTrack(section, "audio", { name: "captions", collector });
  const speaking = sideTrack(section, "audio", { name: "speaking", collector });
  return {
    ...section.except(["renditions", "captions", "speaking"]),
    renditions,
    ...(captions && { captions }),
    ...(speaking && { speaking }),
  };
}

type SectionParser = (value: unknown, collector: Collector) => unknown;

const SECTIONS: Readonly<Record<string, SectionParser>> = {
  video: parseVideo,
  audio: parseAudio,
  text: parseText,
  json: parseJsonTracks,
  binary: parseBinaryTracks,
  clock: parseClock,
  archive: parseArchive,
  user: parseUser,
  chat: parseChat,
  location: parseLocation,
  preview: parsePreview,
  capabilities: parseCapabilities,
};

// Counted before they are checked: bad ones cost work as well.
function countRenditions(root: Fields): number {
  let count = 0;
  for (const name of ["video", "audio", "text"]) {
    const section = root.value(name);
    if (Array.isArray(section)) count += section.length;
    else if (isObject(section) && isObject(section.renditions)) {
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
