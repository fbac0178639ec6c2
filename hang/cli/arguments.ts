/**
 * The command line of the media tool.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** What every command needs to reach a relay. */
export interface RelayArguments {
  /** Where the relay is. */
  readonly url: URL;
  /** The broadcast's path below the URL's. */
  readonly name: string;
  /** SHA-256 of the relay's certificate, when it is not one that is trusted anyway. */
  readonly fingerprint: string | undefined;
}

/** `publish`. */
export interface PublishArguments extends RelayArguments {
  readonly command: "publish";
  /** The media; `-` is standard input. */
  readonly file: string;
  /** Begin again at the end. */
  readonly loop: boolean;
  /** End after so many seconds. */
  readonly seconds: number | undefined;
}

/** `subscribe`. */
export interface SubscribeArguments extends RelayArguments {
  readonly command: "subscribe";
  /** Where to write; `-` is standard output. */
  readonly file: string;
  /** How far newer media may be ahead before a late group is skipped, in milliseconds. */
  readonly latencyMs: number;
  /** End after so many seconds. */
  readonly seconds: number | undefined;
}

/** A command to carry out. */
export type CommandArguments =
  | PublishArguments
  | SubscribeArguments
  | { readonly command: "help" | "version" };

/** Shown by `--help`. */
export const HELP = `Publishes media to a relay, or writes what it receives.

Usage:
  hang publish   --url URL --name NAME [--loop] [--seconds N] [FILE|-]
  hang subscribe --url URL --name NAME [--latency MS] [--seconds N] [FILE|-]

  --url URL          moqt://host:port (QUIC), https://host:port (WebTransport), or
                     http://host:port, which pins the certificate the relay shows
  --name NAME        path of the broadcast
  --fingerprint HEX  trust the certificate with this SHA-256 and no other
  --loop             publish: begin again at the end
  --latency MS       subscribe: skip a group when newer media is this far ahead (500)
  --seconds N        end after N seconds
  FILE               MP4, WebM, MKV or MPEG-TS to publish, or the MP4 file to write;
                     - for standard input or output, which is the default
  --help, --version

Examples:
  hang publish --url http://localhost:4443 --name clock --loop clip.mp4
  ffmpeg -re -i in.mkv -c copy -f mp4 -movflags empty_moov+frag_keyframe - |
    hang publish --url http://localhost:4443 --name film -
  hang subscribe --url http://localhost:4443 --name film - | ffplay -
`;

/** Reads the command line; throws `TypeError` or `RangeError` with what was expected. */
export function readArguments(args: readonly string[]): CommandArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      url: { type: "string" },
      name: { type: "string" },
      fingerprint: { type: "string" },
      loop: { type: "boolean", default: false },
      latency: { type: "string" },
      seconds: { type: "string" },
      help: { type: "boolean", default: false },
      version: { type: "boolean", default: false },
    },
  });
  if (values.help) return { command: "help" };
  if (values.version) return { command: "version" };
  const [command, file = "-", extra] = positionals;
  if (extra !== undefined) {
    throw new TypeError(`Expected one file, got ${extra} besides ${file}`);
  }
  const relay = {
    url: urlOf(required("--url", values.url)),
    name: required("--name", values.name),
    fingerprint: fingerprintOf(values.fingerprint),
  };
  const seconds = values.seconds === undefined
    ? undefined
    : positive("--seconds", values.seconds);
  switch (command) {
    case "publish":
      return { command, ...relay, file, seconds, loop: values.loop };
    case "subscribe":
      return {
        command,
        ...relay,
        file,
        seconds,
        latencyMs: positive("--latency", values.latency ?? "500"),
      };
    default:
      throw new TypeError(
        `Expected the command publish or subscribe, got ${command ?? "none"}`,
      );
  }
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
