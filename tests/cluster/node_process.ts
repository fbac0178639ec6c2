/**
 * A process with a whole relay of a cluster, with the given flags.
 *
 * @module
 */
import { startRelay } from "@moq-deno/relay/server";
import { commands, say, settings } from "../integration/process/inside.ts";

export interface NodeSettings {
  /** The flags of `moq-relay`. */
  readonly flags: readonly string[];
}

const { flags } = settings<NodeSettings>();
const relay = await startRelay(["--auth-public=**", ...flags]);
say("ready");
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
await relay.close();
Deno.exit(0);
