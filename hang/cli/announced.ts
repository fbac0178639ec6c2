/**
 * `announced`: which broadcasts a relay has, now and as they come and go.
 *
 * @module
 */
import { printablePath } from "@moq-deno/lite/internal";
import { command, EXAMPLE_RELAY, RELAY, type RelayValues } from "./command.ts";
import { preset } from "./command_line.ts";
import { untilEnded } from "./ended.ts";
import { openRelay } from "./relay.ts";
import { text } from "./options.ts";
import { print } from "./terminal.ts";

/** Prints `+ path` for each broadcast below the prefix and `- path` when it ends. */
export const announced = command({
  name: "announced",
  summary: "List the broadcasts of a relay, as they come and go",
  rows: {
    ...RELAY,
    name: preset("--name PREFIX", {
      read: text,
      preset: "",
      help: "only those below this path",
    }),
  },
  examples: [`hang announced ${EXAMPLE_RELAY}`],
  run: (args, signal) => untilEnded(signal, list(args, signal)),
});

async function list(
  args: RelayValues & { readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  await using relay = await openRelay(args, { role: "subscriber", signal });
  const listing = relay.connection.announced(args.name, relay.signal);
  for await (const { kind, path } of listing) {
    const whole = [args.name, path].filter((part) => part !== "").join("/");
    if (kind === "start") print(`+ ${printablePath(whole)}\n`);
    else if (kind === "end") print(`- ${printablePath(whole)}\n`);
  }
  await relay.check();
}
