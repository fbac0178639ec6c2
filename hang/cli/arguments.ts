/**
 * The command line of the media tool.
 *
 * @module
 */
import { nearest } from "@moq-deno/lite/internal";
import { announced } from "./announced.ts";
import { catalog } from "./catalog.ts";
import { chat } from "./chat.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import {
  columns,
  flag,
  meant,
  operandsOf,
  optionNamesOf,
  optionsOf,
  parse,
  strayOf,
  usageOf,
} from "./command_line.ts";
import { publish } from "./publish.ts";
import { record } from "./record.ts";
import { exportFile, replay } from "./recordings.ts";
import { serveLiveHls, serveRecordedHls } from "./serve_hls.ts";
import { subscribe } from "./subscribe.ts";
import { say } from "./terminal.ts";
import config from "../deno.json" with { type: "json" };

/** In the order of the help. */
const COMMANDS: readonly Command[] = [
  ...[publish, subscribe, announced, catalog, chat],
  ...[record, replay, exportFile, check, serveLiveHls, serveRecordedHls],
];

const ALL = {
  help: flag("--help", "this text; hang COMMAND --help for a command"),
  version: flag("--version", "the version"),
};

/** Reads the command line and returns what carries it out; throws `TypeError` or `RangeError` with what was expected. */
export function readArguments(
  args: readonly string[],
): () => Promise<void> | void {
  const given = parse(args, [ALL, ...COMMANDS.map(({ rows }) => rows)]);
  const [name, ...operands] = given.operands;
  const ways = COMMANDS.filter((command) => command.name === name);
  if (given.options.has("--help")) return () => say(helpFor(ways));
  if (given.options.has("--version")) {
    return () => say(`hang ${config.version}\n`);
  }
  const command =
    ways.find(({ rows }) => operands.length > 0 && operandsOf(rows) !== "") ??
      ways[0];
  if (!command) {
    const names = new Set(COMMANDS.map(({ name }) => name));
    const advice = name === undefined ? ", got none" : meant(name, names);
    const what = name === undefined
      ? `Expected the command ${[...names].join(", ")}`
      : `Unknown command ${name}`;
    throw new TypeError(`${what}${advice}`);
  }
  const stray = strayOf(command.rows, given);
  if (stray !== undefined) {
    const call = `${name} ${operandsOf(command.rows)}`.trim();
    const near = nearest(stray, optionNamesOf(command.rows));
    const advice = near === undefined ? "" : `: did you mean ${near}?`;
    throw new TypeError(`Expected an option of ${call}, got ${stray}${advice}`);
  }
  return command.prepare({ ...given, operands });
}

/** What to show for the ways to call one command, for all commands when there are none. */
function helpFor(ways: readonly Command[]): string {
  const [first] = ways;
  if (!first) return overview();
  const usage = ways.map(({ name, rows }) => `  hang ${name} ${usageOf(rows)}`);
  const rows = Object.assign({}, ...ways.map(({ rows }) => rows));
  return `${ways.map(({ summary }) => summary).join("\n")}

Usage:
${usage.join("\n")}

Options:
${optionsOf(rows)}

Examples:
${examplesOf(ways)}
`;
}

function overview(): string {
  const summaries = COMMANDS.map(({ name, summary }) =>
    [name, summary] as const
  );
  return `Media to a relay and from it: files, streams, recordings, HLS

Usage: hang COMMAND [OPTIONS]

Commands:
${columns(summaries)}

Options:
${optionsOf(ALL)}

Examples:
${examplesOf(COMMANDS)}
`;
}

function examplesOf(commands: readonly Command[]): string {
  return commands.flatMap(({ examples }) => examples)
    .map((line) => `  ${line}`).join("\n");
}
