/**
 * What a command of the media tool is, and the rows that several have.
 *
 * @module
 */
import {
  choice,
  type Given,
  needed,
  optional,
  preset,
  read,
  type Rows,
  type Values,
} from "./command_line.ts";
import {
  fingerprintOf,
  positive,
  publishedName,
  text,
  trackOf,
  urlOf,
} from "./options.ts";
import { endSignal } from "./terminal.ts";

/** One command, or one of two ways to call it. */
export interface Command {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly rows: Rows;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Reads its arguments and returns what carries them out; throws `TypeError` or `RangeError`. */
  readonly prepare: (given: Given) => () => Promise<void>;
}

/** A command whose `run` is given its values and a signal that aborts at Ctrl-C and after `--seconds`. */
export function command<R extends Rows>(
  about: Omit<Command, "prepare" | "rows"> & {
    readonly rows: R;
    readonly run: (args: Values<R>, signal: AbortSignal) => Promise<void>;
  },
): Command {
  const { rows, run } = about;
  return {
    ...about,
    prepare(given) {
      const args = read(rows, given);
      const { seconds } = read(LOCAL, { ...given, operands: [] });
      return async () => {
        using end = endSignal(seconds);
        await run(args, end.signal);
      };
    },
  };
}

/** The relay of the examples. */
export const EXAMPLE_RELAY = "--url http://localhost:4443";

/** Rows of every command. */
export const LOCAL = {
  seconds: optional("--seconds N", {
    read: positive,
    help: "end after N seconds",
  }),
};

/** Rows of commands with a relay. */
export const RELAY = {
  url: needed("--url URL", {
    read: urlOf,
    help:
      "moqt://host:port (QUIC), https://host:port (WebTransport), or http://host:port, which pins the certificate the relay shows",
  }),
  fingerprint: optional("--fingerprint HEX", {
    read: fingerprintOf,
    help: "trust the certificate with this SHA-256 and no other",
  }),
  ...LOCAL,
};

/** What it takes to reach a relay. */
export type RelayValues = Values<typeof RELAY>;

/** Rows of commands that read a broadcast. */
export const READING = {
  ...RELAY,
  name: needed("--name NAME", { read: text, help: "path of the broadcast" }),
};

/** Rows of commands that publish a broadcast. */
export const PUBLISHING = {
  ...RELAY,
  name: needed("--name NAME", {
    read: publishedName,
    help: "path of the broadcast",
  }),
};

/** A catalog of a broadcast. */
export const CATALOG = {
  catalog: choice("--catalog FORM", {
    words: ["hang", "hangz", "msf"],
    help: "read the catalog of hang, the same compressed, or that of MSF",
  }),
};

/** What of a broadcast goes into a file. */
export const MEDIA = {
  format: choice("--format F", {
    words: ["mp4", "mkv", "raw"],
    help: "mp4, mkv, or raw: H.264 or H.265 alone",
  }),
  video: optional("--video TRACK", {
    read: trackOf,
    help: "this rendition, or none",
  }),
  audio: optional("--audio TRACK", {
    read: trackOf,
    help: "this rendition, or none",
  }),
};

/** Where it goes. */
export const OUTPUT = {
  file: preset("FILE|-", {
    read: text,
    preset: "-",
    help: "where to write; - is standard output",
  }),
};

/** Where a recording is. */
export const FOLDER = {
  folder: needed("FOLDER", { read: text, help: "the folder of the recording" }),
};
