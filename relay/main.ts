/**
 * The program: `moq-relay [CONFIG.toml] [FLAGS]`. `moq-relay token` has the
 * commands for keys and tokens, `moq-relay auth` the auth server.
 *
 * @module
 */
import { type Logger, systemClock } from "@moq-deno/lite";
import { nearest } from "@moq-deno/lite/internal";
import { checkFiles } from "./check_files.ts";
import type { Config } from "./config/settings.ts";
import { helpText } from "./config/docs.ts";
import { loadConfig } from "./config/load.ts";
import { formatAddress } from "./config/rules.ts";
import { runAuthCommand } from "./auth/serve_command.ts";
import {
  type CommandLine,
  readCommandLine,
  VARIABLES,
} from "./config/sources.ts";
import { ConfigError } from "./config/values.ts";
import { greeting } from "./greeting.ts";
import { openLog } from "./logging.ts";
import {
  endWith,
  print,
  printError,
  readableEnvironment,
  stopSignal,
} from "./process.ts";
import { startServer } from "./server.ts";
import { runTokenCommand } from "./token_cli/commands.ts";
import { RELAY_VERSION } from "./version.ts";

async function readConfig(commandLine: CommandLine): Promise<Config> {
  return loadConfig({
    commandLine,
    environment: readableEnvironment(VARIABLES),
    file: commandLine.file === undefined
      ? undefined
      : await readFile(commandLine.file),
  });
}

async function readFile(
  name: string,
): Promise<{ readonly name: string; readonly toml: string }> {
  try {
    return { name, toml: await Deno.readTextFile(name) };
  } catch (cause) {
    const command = nearest(name, ["token", "auth"]);
    if (command !== undefined && cause instanceof Deno.errors.NotFound) {
      throw new ConfigError(
        `Unknown command ${name}: did you mean ${command}?`,
        { cause },
      );
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `Cannot read the configuration ${name}, check the path and its permissions: ${why}`,
      { cause },
    );
  }
}

function logOf(config: Config): Logger {
  const format = config["log.format"];
  return openLog({
    level: config["log.level"],
    format: format !== "auto"
      ? format
      : Deno.stderr.isTerminal()
      ? "pretty"
      : "json",
    sink: printError,
  });
}

// A bug in one session must not end the others.
function guard(log: Logger): void {
  const told = (event: Event, cause: unknown): void => {
    event.preventDefault();
    const stack = cause instanceof Error ? cause.stack : undefined;
    log.error?.("unexpected failure, please report it", { cause, stack });
  };
  addEventListener("unhandledrejection", (event) => told(event, event.reason));
  addEventListener("error", (event) => told(event, event.error));
}

async function run(config: Config): Promise<void> {
  const log = logOf(config);
  guard(log);
  const stop = stopSignal();
  const server = await startServer(config, { log, clock: systemClock });
  print(greeting(server, config));
  log.info?.("relay started", {
    version: RELAY_VERSION,
    addresses: server.addresses.map(formatAddress).join(" "),
    fingerprint: server.fingerprint,
  });
  const signal = await stop;
  log.info?.("relay stopping", { signal });
  await server.close(config["drain_timeout"]);
}

async function check(config: Config): Promise<void> {
  const { problems, warnings } = await checkFiles(config, systemClock);
  for (const line of warnings) printError(`warning: ${line}\n`);
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  print("The configuration is good\n");
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === "token") return await runTokenCommand(args.slice(1));
  if (args[0] === "auth") return await runAuthCommand(args.slice(1));
  const commandLine = readCommandLine(args);
  switch (commandLine.action) {
    case "help":
      return print(helpText(RELAY_VERSION));
    case "version":
      return print(`moq-relay ${RELAY_VERSION}\n`);
    case "check-config":
      return await check(await readConfig(commandLine));
    case undefined:
      return await run(await readConfig(commandLine));
  }
}

if (import.meta.main) await endWith(main(Deno.args));
