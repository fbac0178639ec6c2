/**
 * The program: `moq-relay [CONFIG.toml] [FLAGS]`. The only place that exits.
 *
 * @module
 */
import { type Logger, systemClock } from "@moq-deno/lite";
import type { Config } from "./config.ts";
import { helpText } from "./config_docs.ts";
import { loadConfig } from "./config_load.ts";
import { formatAddress } from "./config_rules.ts";
import { type CommandLine, readCommandLine } from "./config_sources.ts";
import { ConfigError } from "./config_values.ts";
import { greeting } from "./greeting.ts";
import { openLog } from "./logging.ts";
import { startServer } from "./server.ts";
import { RELAY_VERSION } from "./version.ts";

const encoder = new TextEncoder();

interface Output {
  writeSync(bytes: Uint8Array): number;
}

function write(output: Output, text: string): void {
  try {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) {
      at += output.writeSync(bytes.subarray(at));
    }
  } catch {
    // Whoever read it is gone; the relay goes on without.
  }
}

function print(text: string): void {
  write(Deno.stdout, text);
}

function printError(text: string): void {
  write(Deno.stderr, text);
}

async function readConfig(commandLine: CommandLine): Promise<Config> {
  return loadConfig({
    commandLine,
    environment: Deno.env.toObject(),
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

/** Resolves at the first SIGINT or SIGTERM; the second ends the process at once. */
function stopSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  let isSecond = false;
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      if (isSecond) Deno.exit(0);
      isSecond = true;
      resolve(signal);
    });
  }
  return promise;
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
  await server.close();
}

async function main(args: readonly string[]): Promise<void> {
  const commandLine = readCommandLine(args);
  switch (commandLine.action) {
    case "help":
      return print(helpText(RELAY_VERSION));
    case "version":
      return print(`moq-relay ${RELAY_VERSION}\n`);
    case "check-config":
      await readConfig(commandLine);
      return print("The configuration is good\n");
    case undefined:
      return await run(await readConfig(commandLine));
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    printError(`${error.message}\n`);
    Deno.exit(1);
  }
}
