/**
 * What a command of the token tool is.
 *
 * @module
 */
import type { CommandArgs } from "../command_args.ts";

/** One command. */
export interface Command {
  /** What it does, in one line. */
  readonly summary: string;
  /** How to call it, with examples. */
  readonly help: string;
  /** Flags that take a value. */
  readonly flags: readonly string[];
  /** Flags that may stand there several times. */
  readonly lists: readonly string[];
  /** Runs it; throws `ConfigError` or `TokenError`. */
  readonly run: (args: CommandArgs) => Promise<void>;
}
