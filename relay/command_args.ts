/**
 * How the command line of a command is read: a table of its flags, as the
 * relay's settings are one.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { nearest } from "@moq-deno/lite/internal";
import { readRows, type Rows, type Values } from "./config/rows.ts";
import { ConfigError } from "./config/values.ts";

/** What stands behind a command: a value for each row, and what stands there without a flag. */
export interface CommandArgs<R extends Rows> {
  readonly values: Values<R>;
  readonly rest: readonly string[];
}

/** Reads the flags of `rows`. Throws `ConfigError` on others and on bad values. */
export function readArgs<R extends Rows>(
  rows: R,
  args: readonly string[],
): CommandArgs<R> {
  const { values, positionals } = parse(Object.values(rows), args);
  const given = (key: string) => {
    const { flag } = rows[key]!;
    const value = values[flag];
    return value === undefined ? undefined : {
      texts: [value].flat().map(String),
      source: `--${flag}`,
    };
  };
  return { values: readRows(rows, given), rest: positionals };
}

function parse(rows: readonly Rows[string][], args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(rows.map(({ flag, list, isSwitch }) => {
        const type = isSwitch ? "boolean" : "string";
        return [flag, { type, multiple: list }];
      })),
    });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ConfigError(whyOf(cause, { rows, args }), { cause });
  }
}

function whyOf(
  { message }: TypeError,
  { rows, args }: {
    readonly rows: readonly Rows[string][];
    readonly args: readonly string[];
  },
): string {
  const flags = rows.map(({ flag }) => `--${flag}`);
  const stray = args.map((arg) => arg.split("=")[0]!)
    .find((arg) => arg.startsWith("--") && !flags.includes(arg));
  const near = stray === undefined ? undefined : nearest(stray, flags);
  if (near) return `Unknown flag ${stray}: did you mean ${near}?`;
  const [why = ""] = message.split("\n");
  return `${why}: see --help`;
}
