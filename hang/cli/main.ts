/**
 * The native media tool: one command for each thing one does with a broadcast.
 * The only place in this package that exits.
 *
 * @module
 */
import { printable } from "@moq-deno/lite/internal";
import { announced } from "./announced.ts";
import { readArguments } from "./arguments.ts";
import { helpFor } from "./help.ts";
import { printCatalog } from "./catalog.ts";
import { chat } from "./chat.ts";
import { check } from "./check.ts";
import { publish } from "./publish.ts";
import { record } from "./record.ts";
import { exportFile, replay } from "./recordings.ts";
import { serveHls } from "./serve_hls.ts";
import { subscribe } from "./subscribe.ts";
import { say } from "./terminal.ts";
import config from "../deno.json" with { type: "json" };

/** Runs one command line; throws what went wrong. */
async function run(args: readonly string[]): Promise<void> {
  const command = readArguments(args);
  switch (command.command) {
    case "help":
      return say(helpFor(command.about));
    case "version":
      return say(`hang ${config.version}\n`);
    case "publish":
      return await publish(command);
    case "subscribe":
      return await subscribe(command);
    case "announced":
      return await announced(command);
    case "catalog":
      return await printCatalog(command);
    case "chat":
      return await chat(command);
    case "record":
      return await record(command);
    case "replay":
      return await replay(command);
    case "export":
      return await exportFile(command);
    case "check":
      return await check(command);
    case "serve-hls":
      return await serveHls(command);
  }
}

if (import.meta.main) {
  try {
    await run(Deno.args);
    Deno.exit(0);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`hang: ${printable(reason)}\n`);
    Deno.exit(1);
  }
}
