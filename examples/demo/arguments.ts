/**
 * What the demo can be told.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The demo's settings. */
export interface DemoArguments {
  /** Media to publish, `-` for standard input; absent: the clip beside this file. */
  readonly file: string | undefined;
  /** End after so many seconds; absent: at Ctrl-C. */
  readonly seconds: number | undefined;
  /** Where to write what was received. */
  readonly out: string | undefined;
  /** The relay's first choice of port. */
  readonly port: number;
  /** The page's first choice of port; absent: no page. */
  readonly webPort: number | undefined;
  /** Whether to open the page in a browser, where there is a display. */
  readonly open: boolean;
  /** Show the help text and do nothing. */
  readonly help: boolean;
}

/** Shown by `--help`. */
export const HELP =
  `Starts a relay, publishes a clip to it in real time and shows it in a web page.

Usage: deno task demo [FILE | -] [--no-open] [--port PORT] [--web-port PORT]
       deno task demo [FILE | -] [--seconds N] [--out FILE]

  FILE             MP4, WebM, MKV or MPEG-TS to publish; - for fragmented MP4 on
                   standard input; default a clip of its own
  --no-open        do not open the page in a browser
  --port PORT      the relay's port; default 4443, or the next one that is free
  --web-port PORT  the page's port; default 8080, or the next one that is free
  --seconds N      no page; end after N seconds
  --out FILE       no page; write what was received as an MP4 file
  --help           this text

Examples:
  deno task demo
  deno task demo holiday.mkv
  deno task demo --seconds 10 --out received.mp4
`;

/** Reads the command line; throws `TypeError` or `RangeError` with what was expected. */
export function readArguments(args: readonly string[]): DemoArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: "string" },
      out: { type: "string" },
      port: { type: "string", default: "4443" },
      "web-port": { type: "string", default: "8080" },
      "no-open": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 1) {
    throw new TypeError(
      `Expected one file to publish, got ${positionals.join(" ")}`,
    );
  }
  const isHeadless = values.seconds !== undefined || values.out !== undefined;
  const webPort = port("--web-port", values["web-port"]);
  return {
    file: positionals[0],
    seconds: values.seconds === undefined
      ? undefined
      : between("--seconds", values.seconds, { from: 1, to: 86_400 }),
    out: values.out,
    port: port("--port", values.port),
    webPort: isHeadless ? undefined : webPort,
    open: !values["no-open"],
    help: values.help,
  };
}

function port(name: string, text: string): number {
  return between(name, text, { from: 1, to: 65_535 });
}

function between(
  name: string,
  text: string,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= from && value <= to) return value;
  throw new RangeError(
    `Expected ${name} from ${from} to ${to}, got ${JSON.stringify(text)}`,
  );
}
