/**
 * How the command line of a command is read.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { ConfigError } from "./config/values.ts";

/** What stands behind a command: flags by name, and what stands there without one. */
export interface CommandArgs {
  /** The last value of each flag that takes one. */
  readonly values: ReadonlyMap<string, string>;
  /** All values of each flag that may stand there several times. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** The flags without a value that stand there. */
  readonly switches: ReadonlySet<string>;
  /** The rest. */
  readonly rest: readonly string[];
}

/** The flags of a command. */
export interface KnownFlags {
  /** Those that take a value. */
  readonly flags: readonly string[];
  /** Those that take a value and may stand there several times. */
  readonly lists: readonly string[];
  /** Those that take none. */
  readonly switches?: readonly string[] | undefined;
}

/** Reads the flags that are known. Throws `ConfigError` on others. */
export function readArgs(
  { flags, lists, switches = [] }: KnownFlags,
  args: readonly string[],
): CommandArgs {
  const string = { type: "string" } as const;
  const options: ParseArgsConfig["options"] = Object.fromEntries([
    ...flags.map((flag) => [flag, string]),
    ...switches.map((flag) => [flag, { type: "boolean" }]),
    ...lists.map((flag) => [flag, { ...string, multiple: true }]),
  ]);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    });
    const given = new Map(Object.entries(values));
    return {
      values: new Map(
        [...given].flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value]] : []
        ),
      ),
      lists: new Map(
        [...given].flatMap(([name, value]) =>
          Array.isArray(value) ? [[name, value.map(String)]] : []
        ),
      ),
      switches: new Set(
        [...given].filter(([, value]) => value === true).map(([name]) => name),
      ),
      rest: positionals,
    };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const [why = ""] = cause.message.split("\n");
    throw new ConfigError(`${why}: see --help`, { cause });
  }
}
