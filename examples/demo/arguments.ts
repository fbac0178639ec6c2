/**
 * What the demo can be told.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The demo's settings. */
export interface DemoArguments {
  /** Media to publish; absent: the clip beside this file. */
  readonly file: string | undefined;
  /** End after so many seconds; absent: at Ctrl-C. */
  readonly seconds: number | undefined;
  /** Where to write what was received. */
  readonly out: string | undefined;
  /** The relay's first choice of port. */
  readonly port: number;
  /** Show the help text and do nothing. */
  readonly help: boolean;
}

/** Shown by `--help`. */
export const HELP =
  `Starts a relay, publishes a clip to it in real time and watches it come back.

Usage: deno task demo [FILE] [--seconds N] [--out FILE] [--port PORT]

  FILE         MP4, WebM, MKV or MPEG-TS to publish; default a clip of its own
  --seconds N  end after N seconds; default: at Ctrl-C
  --out FILE   write what was received as an MP4 file
  --port PORT  the relay's port; default 4443, or the next one that is free
  --help       this text

Examples:
  deno task demo
  deno task demo --seconds 10 --out received.mp4
  deno task demo holiday.mkv
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
      help: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 1) {
    throw new TypeError(
      `Expected one file to publish, got ${positionals.join(" ")}`,
    );
  }
  return {
    file: positionals[0],
    seconds: values.seconds === undefined
      ? undefined
      : between("--seconds", values.seconds, { from: 1, to: 86_400 }),
    out: values.out,
    port: between("--port", values.port, { from: 1, to: 65_535 }),
    help: values.help,
  };
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
