/**
 * `catalog`: what a broadcast says that it offers.
 *
 * @module
 */
import { printableJson } from "@moq-deno/lite/internal";
import { consumeCatalog } from "../catalog/consumer.ts";
import { deflate } from "../deflate.ts";
import { CATALOG, command, EXAMPLE_RELAY, READING } from "./command.ts";
import { flag, type Values } from "./command_line.ts";
import { untilEnded } from "./ended.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { openRelay, type RelayConnection } from "./relay.ts";
import { print } from "./terminal.ts";
import { untilAnnounced } from "./until_announced.ts";

const ROWS = {
  ...READING,
  ...CATALOG,
  follow: flag("--follow", "print every change"),
};

/** Prints the catalog as JSON, with `follow` again whenever it changes; what of it was ignored goes to standard error. */
export const catalog = command({
  name: "catalog",
  summary: "Show what a broadcast offers, as JSON",
  rows: ROWS,
  examples: [`hang catalog ${EXAMPLE_RELAY} --name film`],
  run: (args, signal) => untilEnded(signal, printUntil(args, signal)),
});

async function printUntil(
  args: Values<typeof ROWS>,
  signal: AbortSignal,
): Promise<void> {
  await using relay = await openRelay(args, { role: "subscriber", signal });
  while (await untilAnnounced(relay, args.name)) {
    try {
      await printCatalogs(relay, args);
      if (!args.follow || !await relay.wasLost()) break;
    } catch (error) {
      await relay.check();
      if (signal.aborted || !await relay.wasLost()) throw error;
    }
  }
  await relay.check();
}

async function printCatalogs(
  { connection, signal }: RelayConnection,
  { name, catalog: format, follow }: Values<typeof ROWS>,
): Promise<void> {
  const catalogs = consumeCatalog(connection.consume(name), {
    format,
    compression: deflate,
    log: MEDIA_LOG,
    signal,
  });
  for await (const catalog of catalogs) {
    print(`${printableJson(JSON.stringify(catalog, null, 2))}\n`);
    if (!follow) return;
  }
}
