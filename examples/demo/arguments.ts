/**
 * What the demo can be told.
 *
 * @module
 */
import {
  flag,
  optional,
  optionsOf,
  parse,
  preset,
  read,
  type Values,
} from "../../hang/cli/command_line.ts";

const ROWS = {
  file: optional("FILE|-", {
    read: (path) => path,
    help:
      "MP4, WebM, MKV or MPEG-TS to publish; - for fragmented MP4 on standard input; without it, a clip of its own",
  }),
  isPageHidden: flag("--no-open", "do not open the page in a browser"),
  port: preset("--port PORT", {
    read: portOf,
    preset: "4443",
    help: "the relay's port, or the next one that is free",
  }),
  webPort: preset("--web-port PORT", {
    read: portOf,
    preset: "8080",
    help: "the page's port, or the next one that is free",
  }),
  isOnLan: flag(
    "--lan",
    "serve the pages to phones and computers on this network too, over HTTPS",
  ),
  lanAddress: optional("--lan-address IP", {
    read: (address) => address,
    help:
      "the same, at this address of the machine; a public one has to be named here",
  }),
  lanPort: preset("--lan-port PORT", {
    read: portOf,
    preset: "8443",
    help: "the port for --lan, or the next one that is free",
  }),
  seconds: optional("--seconds N", {
    read: (text, name) => between(text, { name, from: 1, to: 86_400 }),
    help: "no page; end after N seconds",
  }),
  out: optional("--out FILE", {
    read: (path) => path,
    help: "no page; write what was received as an MP4 file",
  }),
  help: flag("--help", "this text"),
};

/** The demo's settings. */
export type DemoArguments = Values<typeof ROWS>;

/** Shown by `--help`. */
export const HELP =
  `Starts a relay, publishes a clip to it in real time and shows it in a web page.

Usage: deno task demo [OPTIONS] [FILE|-]

Options:
${optionsOf(ROWS)}

Examples:
  deno task demo
  deno task demo holiday.mkv
  deno task demo --lan
  deno task demo --seconds 10 --out received.mp4
`;

/** Reads the command line; throws `TypeError` or `RangeError` with what was expected. */
export function readArguments(args: readonly string[]): DemoArguments {
  const values = read(ROWS, parse(args, [ROWS]));
  const isOnLan = values.isOnLan || values.lanAddress !== undefined;
  const hasPage = values.seconds === undefined && values.out === undefined;
  if (isOnLan && !hasPage) {
    throw new TypeError(
      "Expected --lan without --seconds and --out, which serve no page",
    );
  }
  return { ...values, isOnLan };
}

function portOf(text: string, name: string): number {
  return between(text, { name, from: 1, to: 65_535 });
}

function between(
  text: string,
  { name, from, to }: {
    readonly name: string;
    readonly from: number;
    readonly to: number;
  },
): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= from && value <= to) return value;
  throw new RangeError(
    `Expected ${name} from ${from} to ${to}, got ${JSON.stringify(text)}`,
  );
}
