/**
 * A process with a publisher or viewer that moves to the next relay when it
 * loses its own.
 *
 * Commands: `next`, answered with the milliseconds until the next frame, or
 * -1 after ten seconds; `outage`, answered with the longest time without a
 * frame in the five seconds from now on; `state`, answered with a {@linkcode ClientState}.
 *
 * @module
 */
import { Connection, systemClock } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { commands, say, settings } from "../integration/process/inside.ts";
import { Publisher, trackOver, Viewer } from "./people.ts";

/** The role and relays of the client. */
export interface ClientSettings {
  readonly role: "publisher" | "viewer";
  /** The relays, in the order of use. */
  readonly urls: readonly string[];
}

/** What a viewer has seen. */
export interface ClientState {
  /** Groups that arrived complete. */
  readonly groups: number;
  /** Why subscriptions ended. */
  readonly ends: readonly string[];
}

const PATIENCE_MS = 10_000;
const OBSERVED_MS = 5000;
const PATH = "live";

const { role, urls } = settings<ClientSettings>();
let dials = 0;
const connection = new Connection({
  dial: (options) =>
    connect(urls[dials++ % urls.length]!, {
      ...options,
      maxIdleTimeoutMs: 2000,
      keepAliveMs: 500,
    }),
}, { initialDelayMs: 100, maxDelayMs: 500 });

async function answer(viewer: Viewer, command: string): Promise<unknown> {
  if (command === "state") {
    const { groups, ends } = viewer;
    return { groups, ends };
  }
  if (command === "outage") return await viewer.outage(OBSERVED_MS);
  try {
    return await viewer.next(PATIENCE_MS);
  } catch {
    return -1; // No frame arrived.
  }
}

if (role === "publisher") {
  new Publisher(connection.local, { path: PATH, clock: systemClock });
  for await (const _ of commands()) {
    /* There are no commands; the process ends with its input. */
  }
} else {
  const viewer = new Viewer(trackOver(connection, PATH), systemClock);
  for await (const command of commands()) say(await answer(viewer, command));
  await viewer.stop();
}
Deno.exit(0);
