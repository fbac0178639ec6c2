/**
 * The relay under test, in a process.
 *
 * @module
 */
import { startRelay } from "@moq-deno/relay/server";
import { commands, say } from "../integration/process/inside.ts";
import type { ServerAddress } from "./stream_bytes.ts";

const relay = await startRelay([
  "--listen",
  "127.0.0.1:0",
  "--auth-public",
  "**",
]);
const port = relay.addresses[0]?.port;
const address: ServerAddress = {
  server: "relay",
  url: `moqt://127.0.0.1:${port}`,
  fingerprint: relay.fingerprint,
};
say(address);
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
