/**
 * Parses the command lines of subcommands.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { ConfigError } from "./config/values.ts";

/** Parsed flags and positional arguments. */
export interface CommandArgs {
  /** The last value of each flag that takes one. */
  readonly values: ReadonlyMap<string, string>;
  /** All values of each flag that may be repeated. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** The flags without a value that were given. */
  readonly switches: ReadonlySet<string>;
  /** Positional arguments. */
  readonly rest: readonly string[];
}

/** The flags that a command knows. */
export interface KnownFlags {
  /** Flags with a value. */
  readonly flags: readonly string[];
  /** Flags with a value that may be repeated. */
  readonly lists: readonly string[];
  /** Flags without a value. */
  readonly switches?: readonly string[] | undefined;
}

/** Parses `args`. Throws `ConfigError` for unknown flags. */
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
