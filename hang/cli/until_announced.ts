/**
 * Waiting for a broadcast.
 *
 * @module
 */
import { MoqError, type Route, systemClock } from "@moq-deno/lite";
import type { RelayConnection } from "./relay.ts";
import { isTimeOver, say } from "./terminal.ts";

// A listing from a relay nearby takes less.
const HINT_MS = 2000;

/**
 * Waits until the relay has the broadcast `name`, and returns its route;
 * `undefined` after Ctrl-C. Throws the refusal, and `MoqError("unroutable")`
 * when the time of `--seconds` is over, unless `isBack` says that it was there
 * before.
 */
export async function untilAnnounced(
  relay: RelayConnection,
  name: string,
  { isBack = false }: { readonly isBack?: boolean } = {},
): Promise<Route | undefined> {
  const absence = `no broadcast announced at ${JSON.stringify(name)}`;
  say(`waiting for ${JSON.stringify(name)}\n`);
  const cancel = systemClock.after(HINT_MS, () => {
    say(
      `${absence} yet: hang announced lists what the relay has\n`,
    );
  });
  try {
    for await (
      const { kind, path, route } of relay.connection.announced(
        name,
        relay.signal,
      )
    ) {
      if (kind === "start" && path === "") return route;
    }
  } finally {
    cancel();
  }
  await relay.check();
  if (isBack || !isTimeOver(relay.signal)) return undefined;
  throw new MoqError(
    "unroutable",
    `${absence}: start its publisher, or see hang announced for what the relay has`,
  );
}
