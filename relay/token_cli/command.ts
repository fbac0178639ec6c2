/**
 * What a command of the token tool is, and the flags that several have.
 *
 * @module
 */
import { readArgs } from "../command_args.ts";
import {
  helpOf,
  list,
  optional,
  type Rows,
  type Values,
} from "../config/rows.ts";
import { ConfigError, file, type Kind, word } from "../config/values.ts";
import { type Algorithm, ALGORITHMS, type Grants } from "../token/mod.ts";

/** One command. */
export interface Command {
  /** What it does, in one line. */
  readonly summary: string;
  /** How to call it, with examples. */
  readonly help: string;
  /** Runs it; throws `ConfigError` or `TokenError`. */
  readonly run: (args: readonly string[]) => Promise<void>;
}

interface CommandTable<R extends Rows> {
  readonly summary: string;
  /** Behind `moq-relay token`. */
  readonly usage: string;
  readonly rows: R;
  /** What else there is to know. */
  readonly notes?: string;
  /** Command lines, each with a line about it where it needs one. */
  readonly examples: string;
  /** Whether it takes a token without a flag. */
  readonly takesToken?: boolean;
  readonly run: (
    values: Values<R>,
    tokens: readonly string[],
  ) => Promise<void>;
}

/** A command by its table. */
export function command<R extends Rows>(
  { summary, usage, rows, notes, examples, takesToken, run }: CommandTable<R>,
): Command {
  return {
    summary,
    help: `Usage: moq-relay token ${usage}

Flags:
${helpOf(Object.values(rows))}${notes === undefined ? "" : `\n${notes}`}
Examples:
${examples}`,
    async run(args) {
      const { values, rest } = readArgs(rows, args);
      if (rest.length > 0 && !takesToken) {
        throw new ConfigError(`Expected flags alone, got "${rest.join(" ")}"`);
      }
      await run(values, rest);
    },
  };
}

/** Any text, none included. */
export function anyText(name: string): Kind<string> {
  return { name, expects: "some text", literals: [], parse: (text) => text };
}

/** What a key or a token grants. */
export const GRANTS = {
  root: optional(anyText("PATH"), {
    flag: "root",
    help: "What the patterns are relative to; default: everything",
  }),
  publish: list(anyText("PATTERN"), {
    flag: "publish",
    help:
      "What may be published: alice is one broadcast, alice/** everything below it, ** everything",
  }),
  subscribe: list(anyText("PATTERN"), {
    flag: "subscribe",
    help: "What may be subscribed to, likewise",
  }),
};

/** Root and patterns as the flags say them; absent without any pattern. */
export function grantsOf(
  { root = "", publish, subscribe }: Values<typeof GRANTS>,
): Partial<Grants> | undefined {
  return publish.length + subscribe.length === 0
    ? undefined
    : { root, publish, subscribe };
}

/** How a key signs. */
export const ALGORITHM: Kind<Algorithm> = {
  ...word(...ALGORITHMS),
  name: "NAME",
};

/** Whose keys sign or verify. */
export const KEY = {
  key: optional(file, {
    flag: "key",
    help: "A key, or a set of keys; - is standard input",
  }),
};
