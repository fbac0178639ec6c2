/**
 * The commands by their names.
 *
 * @module
 */
import { nearest } from "@moq-deno/lite/internal";
import { ConfigError } from "../config/values.ts";
import { print } from "../process.ts";
import type { Command } from "./command.ts";
import { generate, rotate } from "./key_commands.ts";
import { inspect, sign, verify } from "./token_commands.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["generate", generate],
  ["sign", sign],
  ["verify", verify],
  ["inspect", inspect],
  ["rotate", rotate],
]);

function helpText(): string {
  const lines = [...COMMANDS].map(([name, { summary }]) =>
    `  ${name.padEnd(10)}${summary}\n`
  );
  return `Keys and tokens for moq-relay

Usage: moq-relay token COMMAND [FLAGS]

${lines.join("")}
  COMMAND --help shows its flags and examples.
`;
}

/** Runs `args`, a command and its flags. Throws `ConfigError` or `TokenError` with one line to show. */
export async function runTokenCommand(args: readonly string[]): Promise<void> {
  const [name = "--help", ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    return print(helpText());
  }
  const command = COMMANDS.get(name);
  if (!command) {
    const near = nearest(name, COMMANDS.keys());
    const advice = near === undefined
      ? `expected one of ${[...COMMANDS.keys()].join(", ")}`
      : `did you mean ${near}?`;
    throw new ConfigError(`Unknown command ${name}: ${advice}`);
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    return print(`${command.summary}\n\n${command.help}`);
  }
  await command.run(rest);
}
