/**
 * The command line of the media tool.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type {
  CheckArguments,
  CommandArguments,
  ExportArguments,
  ServeRecordedArguments,
} from "./commands.ts";
import {
  addressOf,
  atMostOne,
  fingerprintOf,
  formOf,
  noFile,
  oneOf,
  positive,
  publishedName,
  required,
  secondsOf,
  urlOf,
  wishOf,
} from "./options.ts";

export type * from "./commands.ts";

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
  repair: { type: "boolean" },
  sync: { type: "string" },
  "allow-private": { type: "boolean" },
  "allow-outside": { type: "boolean" },
  listen: { type: "string" },
  window: { type: "string" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

type OptionName = keyof typeof OPTIONS;

const DEFAULT_LISTEN = "127.0.0.1:8888";

const COMMON: readonly OptionName[] = ["url", "name", "fingerprint", "seconds"];

const PUBLISHING: readonly string[] = ["publish", "replay", "chat"];

/** The options of each command besides those that all have. */
const COMMANDS: Readonly<Record<string, readonly OptionName[]>> = {
  publish: [
    ...["container", "h264", "loop", "form"] as const,
    ...["allow-private", "allow-outside"] as const,
  ],
  subscribe: ["format", "video", "audio", "catalog", "latency"],
  announced: [],
  catalog: ["catalog", "follow"],
  chat: [],
  record: ["dvr", "follow", "sync"],
  replay: [],
  export: ["format", "video", "audio"],
  check: ["repair"],
  "serve-hls": ["listen", "window"],
};

/** Reads the command line; throws `TypeError` or `RangeError` with what was expected. */
export function readArguments(args: readonly string[]): CommandArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
  });
  const [command, ...files] = positionals;
  if (values.help) return { command: "help", about: command };
  if (values.version) return { command: "version" };
  checkOptions(command, Object.keys(values) as OptionName[]);
  if (command === "export") return readExport(values, files);
  if (command === "check") return readCheck(values, files);
  if (command === "serve-hls" && files.length > 0) {
    return readServeRecorded(values, files);
  }
  const isWithoutName = command === "announced";
  const relay = {
    url: urlOf(required("--url", values.url)),
    name: isWithoutName ? values.name ?? "" : required("--name", values.name),
    fingerprint: fingerprintOf(values.fingerprint),
    seconds: secondsOf(values.seconds),
  };
  if (command !== undefined && PUBLISHING.includes(command)) {
    publishedName("--name", relay.name);
  }
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
        form: formOf(values.form, values.container),
        allow: {
          isPrivate: values["allow-private"] ?? false,
          isOutside: values["allow-outside"] ?? false,
        },
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
        dvr: values.dvr === undefined
          ? undefined
          : publishedName("--dvr", values.dvr),
        follow: values.follow ?? false,
        sync: oneOf("--sync", values.sync, ["second", "never", "group"]),
      };
    case "replay":
      return {
        command,
        ...relay,
        folder: required("a folder", atMostOne(files)),
      };
    case "serve-hls":
      return {
        command,
        ...relay,
        listen: addressOf("--listen", values.listen ?? DEFAULT_LISTEN),
        windowSeconds: positive("--window", values.window ?? "30"),
      };
    case "announced":
    case "chat":
      noFile(files);
      return { command, ...relay };
    default:
      throw new TypeError(`Expected a command, got ${command ?? "none"}`);
  }
}

interface ServeOptions {
  readonly url?: string;
  readonly name?: string;
  readonly window?: string;
  readonly listen?: string;
  readonly seconds?: string;
}

function readServeRecorded(
  { url, name, window, listen, seconds }: ServeOptions,
  files: readonly string[],
): ServeRecordedArguments {
  if (url !== undefined || name !== undefined || window !== undefined) {
    throw new TypeError(
      "Expected either a folder with a recording or --url and --name with --window, got both",
    );
  }
  return {
    command: "serve-hls",
    listen: addressOf("--listen", listen ?? DEFAULT_LISTEN),
    folder: required("a folder", atMostOne(files)),
    seconds: secondsOf(seconds),
  };
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

function readCheck(
  { repair, seconds, url, name, fingerprint }: CheckOptions,
  files: readonly string[],
): CheckArguments {
  const stray = url ?? name ?? fingerprint;
  if (stray !== undefined) {
    throw new TypeError(`Expected a folder alone to check, got ${stray}`);
  }
  return {
    command: "check",
    folder: required("a folder", atMostOne(files)),
    repair: repair ?? false,
    seconds: secondsOf(seconds),
  };
}

interface CheckOptions {
  readonly url?: string;
  readonly name?: string;
  readonly fingerprint?: string;
  readonly repair?: boolean;
  readonly seconds?: string;
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
