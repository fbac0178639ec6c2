/**
 * The tracks of a broadcast that are neither pictures nor sound: text to show
 * with them, JSON and plain bytes. hang catalog, sections `text`, `json` and
 * `binary`.
 *
 * @module
 */
import type { Collector } from "./collector.ts";
import { type ContainerConfig, parseContainer } from "./container_config.ts";
import { Fields, present } from "./fields.ts";

/** What every data track may say about itself. */
export interface DataTrackConfig {
  /** Relative path of the broadcast that has the track; absent means this one. */
  readonly broadcast?: string;
  /** Longest time in ms that the publisher holds a frame back. */
  readonly jitter?: number;
  /** Constant extra delay in ms against the other tracks. */
  readonly delay?: number;
}

/** Subtitles or captions. */
export interface TextConfig extends DataTrackConfig {
  /** Syntax of the payload: `vtt`, `ttml`, `utf8`, or one that is unknown here. */
  readonly format: string;
  /** `subtitle`, which is the default, `caption`, or one that is unknown here. */
  readonly role?: string;
  /** BCP 47 tag. */
  readonly lang?: string;
  /** For people. */
  readonly label?: string;
  /** Absent means legacy. */
  readonly container?: ContainerConfig;
}

/** All texts of a broadcast. */
export interface TextSection {
  /** By track name. */
  readonly renditions: Readonly<Record<string, TextConfig>>;
}

/** How the frames of a data track build on each other. */
export interface RecordTrackConfig extends DataTrackConfig {
  /** `snapshot`, `stream`, or one that is unknown here. */
  readonly mode: string;
  /** `deflate` when each group is one DEFLATE stream; absent means plain. */
  readonly compression?: string;
  /** Bits per second. */
  readonly bitrate?: number;
}

/** A track of JSON records. */
export interface JsonTrackConfig extends RecordTrackConfig {
  /** Name or URL of what the records conform to. */
  readonly schema?: string;
}

/** A track of bytes. */
export interface BinaryTrackConfig extends RecordTrackConfig {
  /** Media type of a payload. */
  readonly mime?: string;
}

/** Data tracks of one kind; fields unknown here are kept. */
export interface DataSection<Config> {
  /** By track name. */
  readonly tracks: Readonly<Record<string, Config>>;
}

const COMMON = ["broadcast", "jitter", "delay"];
const TEXT = [...COMMON, "format", "role", "lang", "label", "container"];
const RECORDS = [...COMMON, "mode", "compression", "bitrate"];

function parseCommon(fields: Fields): DataTrackConfig {
  return present<DataTrackConfig>({
    broadcast: fields.string("broadcast"),
    jitter: fields.milliseconds("jitter"),
    delay: fields.milliseconds("delay"),
  });
}

function parseTextConfig(value: unknown, path: string): TextConfig {
  const fields = new Fields(value, path);
  return {
    ...fields.except(TEXT),
    ...parseCommon(fields),
    ...present<TextConfig>({
      format: fields.requiredString("format"),
      role: fields.string("role"),
      lang: fields.string("lang"),
      label: fields.string("label"),
      container: parseContainer(fields, path),
    }),
  };
}

function parseRecordConfig(
  fields: Fields,
  own: "schema" | "mime",
): RecordTrackConfig {
  const description = fields.string(own);
  return {
    ...fields.except([...RECORDS, own]),
    ...parseCommon(fields),
    ...present<RecordTrackConfig>({
      mode: fields.requiredString("mode"),
      compression: fields.string("compression"),
      bitrate: fields.integer("bitrate"),
    }),
    ...(description !== undefined && { [own]: description }),
  };
}

function parseJsonConfig(value: unknown, path: string): JsonTrackConfig {
  return parseRecordConfig(new Fields(value, path), "schema");
}

function parseBinaryConfig(value: unknown, path: string): BinaryTrackConfig {
  return parseRecordConfig(new Fields(value, path), "mime");
}

/** Checks the section `text`; an entry that is not in order is left out and noted. */
export function parseText(value: unknown, collector: Collector): TextSection {
  const section = new Fields(value, "text");
  const renditions = collector.entries(section, "text", {
    field: "renditions",
    parse: parseTextConfig,
  });
  return { ...section.except(["renditions"]), renditions };
}

/** Checks the section `json`, as {@linkcode parseText}. */
export function parseJsonTracks(
  value: unknown,
  collector: Collector,
): DataSection<JsonTrackConfig> {
  const section = new Fields(value, "json");
  const tracks = collector.entries(section, "json", {
    field: "tracks",
    parse: parseJsonConfig,
  });
  return { ...section.except(["tracks"]), tracks };
}

/** Checks the section `binary`, as {@linkcode parseText}. */
export function parseBinaryTracks(
  value: unknown,
  collector: Collector,
): DataSection<BinaryTrackConfig> {
  const section = new Fields(value, "binary");
  const tracks = collector.entries(section, "binary", {
    field: "tracks",
    parse: parseBinaryConfig,
  });
  return { ...section.except(["tracks"]), tracks };
}
