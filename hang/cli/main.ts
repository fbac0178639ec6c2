/**
 * The native media tool: `hang publish` and `hang subscribe`. The only place in
 * this package that exits.
 *
 * @module
 */
import { HELP, readArguments } from "./arguments.ts";
import { publish } from "./publish.ts";
import { subscribe } from "./subscribe.ts";
import { say } from "./terminal.ts";
import config from "../deno.json" with { type: "json" };

/** Runs one command line; throws what went wrong. */
async function run(args: readonly string[]): Promise<void> {
  const command = readArguments(args);
  switch (command.command) {
    case "help":
      return say(HELP);
    case "version":
      return say(`hang ${config.version}\n`);
    case "publish":
      return await publish(command);
    case "subscribe":
      return await subscribe(command);
  }
}

if (import.meta.main) {
  try {
    await run(Deno.args);
    Deno.exit(0);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`hang: ${reason}\n`);
    Deno.exit(1);
  }
}
