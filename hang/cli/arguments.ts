/**
 * The command line of the media tool.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { CatalogFormat } from "../catalog/consumer.ts";
import type { CatalogForm } from "../catalog/write_2025.ts";

/** What every command needs to reach a relay. */
export interface RelayArguments {
  /** Where the relay is. */
  readonly url: URL;
  /** The broadcast's path below the URL's. */
  readonly name: string;
  /** SHA-256 of the relay's certificate, when it is not one that is trusted anyway. */
  readonly fingerprint: string | undefined;
  /** End after so many seconds. */
  readonly seconds: number | undefined;
}

/** `publish`. */
export interface PublishArguments extends RelayArguments {
  readonly command: "publish";
  /** The media, each of them renditions of the broadcast; `-` is standard input. */
  readonly files: readonly string[];
  /** How samples are packed; `cmaf` passes fragments through. */
  readonly container: "legacy" | "loc" | "cmaf";
  /** Pictures per second when the input is plain H.264. */
  readonly h264: number | undefined;
  /** Begin again at the end. */
  readonly loop: boolean;
  /** For viewers of which year the catalog is written. */
  readonly form: CatalogForm;
}

/** `subscribe`. */
export interface SubscribeArguments extends RelayArguments {
  readonly command: "subscribe";
  /** Where to write; `-` is standard output. */
  readonly file: string;
  /** What to write: MP4, Matroska, or the video alone as H.264 or H.265. */
  readonly format: "mp4" | "mkv" | "raw";
  /** Which catalog is read. */
  readonly catalog: CatalogFormat;
  /** Track of the video, `false` for none, the first one when not given. */
  readonly video: string | false | undefined;
  /** Track of the audio, `false` for none, the first one when not given. */
  readonly audio: string | false | undefined;
  /** How far newer media may be ahead before a late group is skipped, in milliseconds. */
  readonly latencyMs: number;
}

/** `announced`. */
export interface AnnouncedArguments extends RelayArguments {
  readonly command: "announced";
}

/** `catalog`. */
export interface CatalogArguments extends RelayArguments {
  readonly command: "catalog";
  /** Which catalog is read. */
  readonly catalog: CatalogFormat;
  /** Go on with every change. */
  readonly follow: boolean;
}

/** `chat`. */
export interface ChatArguments extends RelayArguments {
  readonly command: "chat";
}

/** `record`. */
export interface RecordArguments extends RelayArguments {
  readonly command: "record";
  /** Where the recording goes. */
  readonly folder: string;
  /** Path under which its groups can be fetched meanwhile. */
  readonly dvr: string | undefined;
}

/** `replay`. */
export interface ReplayArguments extends RelayArguments {
  readonly command: "replay";
  /** Where the recording is. */
  readonly folder: string;
}

/** `export`. */
export interface ExportArguments extends
  Pick<
    SubscribeArguments,
    "file" | "format" | "video" | "audio" | "seconds"
  > {
  readonly command: "export";
  /** Where the recording is. */
  readonly folder: string;
}

/** A command to carry out. */
export type CommandArguments =
  | PublishArguments
  | SubscribeArguments
  | AnnouncedArguments
  | CatalogArguments
  | ChatArguments
  | RecordArguments
  | ReplayArguments
  | ExportArguments
  | { readonly command: "help" | "version" };

const OPTIONS = {
  url: { type: "string" },
  name: { type: "string" },
  fingerprint: { type: "string" },
  seconds: { type: "string" },
  container: { type: "string" },
  h264: { type: "string" },
  loop: { type: "boolean" },
  form: { type: "string" },
  format: { type: "string" },
  video: { type: "string" },
  audio: { type: "string" },
  catalog: { type: "string" },
  latency: { type: "string" },
  follow: { type: "boolean" },
  dvr: { type: "string" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

type OptionName = keyof typeof OPTIONS;

const COMMON: readonly OptionName[] = ["url", "name", "fingerprint", "seconds"];

/** The options of each command besides those that all have. */
const COMMANDS: Readonly<Record<string, readonly OptionName[]>> = {
  publish: ["container", "h264", "loop", "form"],
  subscribe: ["format", "video", "audio", "catalog", "latency"],
  announced: [],
  catalog: ["catalog", "follow"],
  chat: [],
  record: ["dvr"],
  replay: [],
  export: ["format", "video", "audio"],
};

/** Reads the command line; throws `TypeError` or `RangeError` with what was expected. */
export function readArguments(args: readonly string[]): CommandArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
  });
  if (values.help) return { command: "help" };
  if (values.version) return { command: "version" };
  const [command, ...files] = positionals;
  checkOptions(command, Object.keys(values) as OptionName[]);
  if (command === "export") return readExport(values, files);
  const isWithoutName = command === "announced";
  const relay = {
    url: urlOf(required("--url", values.url)),
    name: isWithoutName ? values.name ?? "" : required("--name", values.name),
    fingerprint: fingerprintOf(values.fingerprint),
    seconds: secondsOf(values.seconds),
  };
  const catalog = oneOf("--catalog", values.catalog, ["hang", "hangz", "msf"]);
  switch (command) {
    case "publish":
      return {
        command,
        ...relay,
        files: files.length > 0 ? files : ["-"],
        container: oneOf("--container", values.container, [
          "legacy",
          "loc",
          "cmaf",
        ]),
        h264: values.h264 === undefined
          ? undefined
          : positive("--h264", values.h264),
        loop: values.loop ?? false,
        form: oneOf("--form", values.form, ["2026", "2025", "2025-arrays"]),
      };
    case "subscribe":
      return {
        command,
        ...relay,
        catalog,
        file: atMostOne(files) ?? "-",
        format: oneOf("--format", values.format, ["mp4", "mkv", "raw"]),
        video: wishOf(values.video),
        audio: wishOf(values.audio),
        latencyMs: positive("--latency", values.latency ?? "500"),
      };
    case "catalog":
      noFile(files);
      return { command, ...relay, catalog, follow: values.follow ?? false };
    case "record":
      return {
        command,
        ...relay,
        folder: required("a folder", atMostOne(files)),
        dvr: values.dvr,
      };
    case "replay":
      return {
        command,
        ...relay,
        folder: required("a folder", atMostOne(files)),
      };
    case "announced":
    case "chat":
      noFile(files);
      return { command, ...relay };
    default:
      throw new TypeError(`Expected a command, got ${command ?? "none"}`);
  }
}

interface ExportOptions {
  readonly format?: string;
  readonly video?: string;
  readonly audio?: string;
  readonly seconds?: string;
}

function readExport(
  values: ExportOptions,
  [folder, ...files]: readonly string[],
): ExportArguments {
  return {
    command: "export",
    folder: required("a folder", folder),
    file: atMostOne(files) ?? "-",
    format: oneOf("--format", values.format, ["mp4", "mkv", "raw"]),
    video: wishOf(values.video),
    audio: wishOf(values.audio),
    seconds: secondsOf(values.seconds),
  };
}

function wishOf(value: string | undefined): string | false | undefined {
  return value === "none" ? false : value;
}

function secondsOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : positive("--seconds", value);
}

function checkOptions(
  command: string | undefined,
  given: readonly OptionName[],
): void {
  const own = command !== undefined && Object.hasOwn(COMMANDS, command)
    ? COMMANDS[command]
    : undefined;
  if (!own) {
    throw new TypeError(
      `Expected the command ${Object.keys(COMMANDS).join(", ")}, got ${
        command ?? "none"
      }`,
    );
  }
  const stray = given.find((name) => ![...COMMON, ...own].includes(name));
  if (stray === undefined) return;
  throw new TypeError(`Expected an option of ${command}, got --${stray}`);
}

function oneOf<const T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly [T, ...T[]],
): T {
  const chosen = choices.find((choice) => choice === (value ?? choices[0]));
  if (chosen !== undefined) return chosen;
  throw new TypeError(
    `Expected ${name} to be ${choices.join(", ")}, got ${
      JSON.stringify(value)
    }`,
  );
}

function atMostOne(files: readonly string[]): string | undefined {
  const [file, extra] = files;
  if (extra === undefined) return file;
  throw new TypeError(`Expected one file, got ${extra} besides ${file}`);
}

function noFile([file]: readonly string[]): void {
  if (file === undefined) return;
  throw new TypeError(`Expected no file, got ${file}`);
}

function required(name: string, value: string | undefined): string {
  if (value !== undefined && value !== "") return value;
  throw new TypeError(`Expected ${name}, got none`);
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url && ["moqt:", "moql:", "https:", "http:"].includes(url.protocol)) {
    return url;
  }
  throw new TypeError(
    `Expected --url with moqt:, https: or http:, got ${JSON.stringify(text)}`,
  );
}

function fingerprintOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[0-9a-f]{64}$/i.test(text)) return text;
  throw new TypeError(
    `Expected --fingerprint with 64 hex digits, got ${JSON.stringify(text)}`,
  );
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value < Infinity) return value;
  throw new RangeError(
    `Expected ${name} with a number above 0, got ${JSON.stringify(text)}`,
  );
}
