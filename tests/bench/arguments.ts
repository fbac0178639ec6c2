/**
 * The options of the benchmark.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The load, and for how long. */
export interface Load {
  /** Viewers, each with its own connection and socket. */
  readonly viewers: number;
  /** Frames per second. */
  readonly fps: number;
  /** Bytes of a frame's payload. */
  readonly bytes: number;
  /** Frames of a group. */
  readonly groupFrames: number;
  /** Duration of one measurement. */
  readonly seconds: number;
  /** Measurements per server, taken in turns. */
  readonly rounds: number;
}

/** Shown by `--help`. */
export const HELP =
  `One publisher to N viewers in another process, through the relay and through
a bare QUIC fan-out in turns. Prints a Markdown table.

Usage: deno task bench [options]

  --viewers N       viewers, a connection and a socket each; default 100
  --fps N           frames per second; default 30
  --bytes N         bytes of a frame; default 8192
  --group-frames N  frames of a group; default 60
  --seconds N       length of one measurement; default 5
  --rounds N        measurements of each; default 7
  --help            this text
`;

/** Parses the command line; `undefined` for `--help`. Throws `RangeError` for anything but positive whole numbers. */
export function readArguments(args: readonly string[]): Load | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "viewers": { type: "string", default: "100" },
      "fps": { type: "string", default: "30" },
      "bytes": { type: "string", default: "8192" },
      "group-frames": { type: "string", default: "60" },
      "seconds": { type: "string", default: "5" },
      "rounds": { type: "string", default: "7" },
      "help": { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    viewers: count("viewers", values.viewers),
    fps: count("fps", values.fps),
    bytes: count("bytes", values.bytes),
    groupFrames: count("group-frames", values["group-frames"]),
    seconds: count("seconds", values.seconds),
    rounds: count("rounds", values.rounds),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `Expected --${name} to be a positive whole number, got ${text}`,
  );
}
