/**
 * `catalog`: what a broadcast says that it offers.
 *
 * @module
 */
import { printableJson } from "@moq-deno/lite/internal";
import { consumeCatalog } from "../catalog/consumer.ts";
import { deflate } from "../deflate.ts";
import { untilAnnounced } from "./announced.ts";
import type { CatalogArguments } from "./arguments.ts";
import { untilEnded } from "./ended.ts";
import { connectSubscriber } from "./relay.ts";
import { endSignal, print, say } from "./terminal.ts";

/** Prints the catalog as JSON, with `follow` again whenever it changes; what of it was ignored goes to standard error. */
export async function printCatalog(args: CatalogArguments): Promise<void> {
  using end = endSignal(args.seconds);
  await untilEnded(end.signal, printUntil(args, end.signal));
}

async function printUntil(
  args: CatalogArguments,
  signal: AbortSignal,
): Promise<void> {
  await using session = await connectSubscriber(args, signal);
  await untilAnnounced(session, args.name, signal);
  if (signal.aborted) return;
  const catalogs = consumeCatalog(session.consume(args.name), {
    format: args.catalog,
    compression: deflate,
    log: { warn: (message, fields) => say(`${message}: ${fields?.error}\n`) },
    signal,
  });
  for await (const catalog of catalogs) {
    print(`${printableJson(JSON.stringify(catalog, null, 2))}\n`);
    if (!args.follow) break;
  }
}
