/**
 * The tracks of a broadcast that are neither pictures nor sound: text to show
 * with them, JSON and plain bytes. hang catalog, sections `text`, `json` and
 * `binary`.
 *
 * @module
 */
import { sectionOf, type SectionParser } from "./collector.ts";
import { type ContainerConfig, parseContainer } from "./container_config.ts";
import { readObject, type Shape } from "./fields.ts";

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

const COMMON: Shape<DataTrackConfig> = {
  broadcast: "string",
  jitter: "milliseconds",
  delay: "milliseconds",
};

const TEXT: Shape<TextConfig> = {
  ...COMMON,
  format: "requiredString",
  role: "string",
  lang: "string",
  label: "string",
  container: parseContainer,
};

const RECORDS: Shape<RecordTrackConfig> = {
  ...COMMON,
  mode: "requiredString",
  compression: "string",
  bitrate: "integer",
};

const JSON_TRACK: Shape<JsonTrackConfig> = { ...RECORDS, schema: "string" };
const BINARY_TRACK: Shape<BinaryTrackConfig> = { ...RECORDS, mime: "string" };

/** How the sections `text`, `json` and `binary` are checked; an entry that is not in order is left out and noted. */
export const DATA_SECTIONS: Readonly<Record<string, SectionParser>> = {
  text: sectionOf({
    name: "text",
    field: "renditions",
    entry: (value, path) => readObject(value, { path, shape: TEXT }),
  }),
  json: sectionOf({
    name: "json",
    field: "tracks",
    entry: (value, path) => readObject(value, { path, shape: JSON_TRACK }),
  }),
  binary: sectionOf({
    name: "binary",
    field: "tracks",
    entry: (value, path) => readObject(value, { path, shape: BINARY_TRACK }),
  }),
};
