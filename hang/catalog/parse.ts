/**
 * From bytes to a catalog that can be trusted: parsed once, here.
 *
 * @module
 */
import { asMoqError, MoqError } from "@moq-deno/lite";
import {
  type AudioSection,
  type Catalog,
  MAX_RENDITIONS,
  type Size,
  type VideoSection,
} from "./catalog.ts";
import { Fields } from "./fields.ts";
import { upgradeAudio, upgradeVideo } from "./legacy_2025.ts";
import { checkDepth } from "./merge_patch.ts";
import { parseAudioConfig, parseVideoConfig } from "./rendition.ts";

/** Most bytes of one catalog, or of one delta. */
export const MAX_CATALOG_BYTES = 1 << 20;

/** A catalog and what of it could not be used. */
export interface ParsedCatalog {
  /** Everything that is in order, and all sections that are unknown here. */
  readonly catalog: Catalog;
  /** One error per rendition or field that was left out; its message names it. */
  readonly problems: readonly MoqError[];
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The JSON value in one frame; throws `MoqError("decode")` when it is too large, too deep or no JSON. */
export function parseJson(payload: Uint8Array): unknown {
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

class Collector {
  readonly problems: MoqError[] = [];
  renditions = 0;

  /** What `read` gives, or nothing and a problem noted. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.problems.push(asMoqError(error, "decode"));
      return undefined;
    }
  }
}

function parseRenditions<T>(
  section: Fields,
  path: string,
  { parse, collector }: {
    readonly parse: (value: unknown, path: string) => T;
    readonly collector: Collector;
  },
): Record<string, T> {
  const all = section.value("renditions") ?? {};
  new Fields(all, `${path}.renditions`);
  const kept: [string, T][] = [];
  for (const [name, value] of Object.entries(all)) {
    collector.renditions++;
    const config = collector.attempt(() =>
      parse(value, `${path}.renditions.${name}`)
    );
    if (config !== undefined) kept.push([name, config]);
  }
  return Object.fromEntries(kept);
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

function parseVideo(value: unknown, collector: Collector): VideoSection {
  const section = new Fields(upgradeVideo(value), "video");
  const renditions = parseRenditions(section, "video", {
    parse: parseVideoConfig,
    collector,
  });
  const display = collector.attempt(() => parseDisplay(section));
  const rotation = collector.attempt(() => parseRotation(section));
  const flip = collector.attempt(() => section.boolean("flip"));
  return {
    ...section.except(["renditions", "display", "rotation", "flip"]),
    renditions,
    ...(display && { display }),
    ...(rotation !== undefined && { rotation }),
    ...(flip !== undefined && { flip }),
  };
}

function parseAudio(value: unknown, collector: Collector): AudioSection {
  const section = new Fields(upgradeAudio(value), "audio");
  const renditions = parseRenditions(section, "audio", {
    parse: parseAudioConfig,
    collector,
  });
  return { ...section.except(["renditions"]), renditions };
}

/**
 * Checks a catalog that is already JSON. A bad rendition or section is left out
 * and named in `problems`; throws `MoqError("decode")` when nothing can be used.
 */
export function checkCatalog(value: unknown): ParsedCatalog {
  const root = new Fields(value, "catalog");
  const collector = new Collector();
  const videoValue = root.value("video");
  const audioValue = root.value("audio");
  const video = videoValue !== undefined &&
    collector.attempt(() => parseVideo(videoValue, collector));
  const audio = audioValue !== undefined &&
    collector.attempt(() => parseAudio(audioValue, collector));
  if (collector.renditions > MAX_RENDITIONS) {
    throw new MoqError(
      "decode",
      `Expected at most ${MAX_RENDITIONS} renditions, got ${collector.renditions}`,
    );
  }
  const catalog: Catalog = {
    ...root.except(["video", "audio"]),
    ...(video && { video }),
    ...(audio && { audio }),
  };
  return { catalog, problems: collector.problems };
}

/** The catalog in one frame, as {@linkcode checkCatalog}. */
export function parseCatalog(payload: Uint8Array): ParsedCatalog {
  return checkCatalog(parseJson(payload));
}
