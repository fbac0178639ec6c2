/**
 * `announced`: which broadcasts a relay has, now and as they come and go.
 *
 * @module
 */
import { MoqError, type Session } from "@moq-deno/lite";
import { printablePath } from "@moq-deno/lite/internal";
import { command, EXAMPLE_RELAY, RELAY, type RelayValues } from "./command.ts";
import { preset } from "./command_line.ts";
import { untilEnded } from "./ended.ts";
import { connectSubscriber } from "./relay.ts";
import { text } from "./options.ts";
import { print, say } from "./terminal.ts";

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
  await using session = await connectSubscriber(args, signal);
  for await (const { kind, path } of session.announced(args.name, signal)) {
    const whole = [args.name, path].filter((part) => part !== "").join("/");
    if (kind === "start") print(`+ ${printablePath(whole)}\n`);
    else if (kind === "end") print(`- ${printablePath(whole)}\n`);
  }
  if (!signal.aborted) throw await sessionError(session);
}

/** Waits until the relay has the broadcast `name`, or `signal` aborts. */
export async function untilAnnounced(
  session: Session,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  say(`waiting for ${JSON.stringify(name)}\n`);
  for await (const { kind, path } of session.announced(name, signal)) {
    if (kind === "start" && path === "") return;
  }
  if (!signal.aborted) throw await sessionError(session);
}

/** Why the relay ended the session. */
async function sessionError(session: Session): Promise<MoqError> {
  return await session.closed ??
    new MoqError("closed", "Relay ended the session");
}
