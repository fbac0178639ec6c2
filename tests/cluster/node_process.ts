/**
 * A relay of a cluster, as a process: the whole relay, with the flags given.
 *
 * @module
 */
import { startRelay } from "@moq-deno/relay/server";
import { commands, say, settings } from "../integration/process/inside.ts";

/** How the relay is to be. */
export interface NodeSettings {
  /** The flags of `moq-relay`. */
  readonly flags: readonly string[];
}

const { flags } = settings<NodeSettings>();
const relay = await startRelay(["--auth-public=**", ...flags]);
say("ready");
for await (const _ of commands()) {
  /* It takes none, and ends with its input. */
}
await relay.close();
Deno.exit(0);
