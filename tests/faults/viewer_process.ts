/**
 * A viewer for tests to kill: prints `in mid-group` once it has part of a group.
 *
 * @module
 */
import { openSession, PROTOCOLS, type Session } from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect } from "@moq-deno/lite/deno";
import { commands, say, settings } from "../integration/process/inside.ts";
import { LARGE_TRACK, STEADY } from "./steady.ts";
import type { Way } from "./world.ts";

/** How to reach the relay. */
export interface ViewerSettings {
  readonly port: number;
  readonly fingerprint: string;
  readonly way: Way;
}

const { port, fingerprint, way } = settings<ViewerSettings>();
const url = `${way}://127.0.0.1:${port}`;

async function open(): Promise<Session> {
  if (way !== "ws") {
    const serverCertificateHashes = [Uint8Array.fromHex(fingerprint)];
    return await connect(url, { serverCertificateHashes });
  }
  const protocols = PROTOCOLS;
  return openSession(await connectWebSocket(url, { protocols }));
}

async function watch(session: Session): Promise<void> {
  const track = session.consume(STEADY).track(LARGE_TRACK);
  for await (const group of track.subscribe()) {
    for await (const _ of group.frames()) say("in mid-group");
  }
}

const session = await open();
void watch(session); // Ends with the process.
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
