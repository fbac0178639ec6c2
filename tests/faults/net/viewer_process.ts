/**
 * A process with a viewer, which watches both tracks, audio first, or subscribes
 * to both and never reads.
 *
 * Commands: `begin` resets what has arrived; `end` is answered with a `Seen`;
 * `closed` is answered with how the relay closed the session.
 *
 * @module
 */
import {
  type GroupConsumer,
  openSession,
  PROTOCOLS,
  type Session,
} from "@moq-deno/lite";
import { connectWebSocket } from "@moq-deno/lite/transport";
import { connect, dial } from "@moq-deno/lite/deno";
import { withType } from "../../../lite/session/streams.ts";
import { encodeSetup } from "../../../lite/wire/setup.ts";
import { BidiType, UniType } from "../../../lite/wire/stream_type.ts";
import { encodeSubscribe } from "../../../lite/wire/subscribe.ts";
import { commands, say, settings } from "../../integration/process/inside.ts";
import { nowMicros } from "../../bench/stream_bytes.ts";
import { type Arrival, BROADCAST } from "./watched.ts";

/** How to reach the relay, and what to do there. */
export interface ViewerSettings {
  readonly url: string;
  readonly fingerprint: string;
  /** Default `"watch"`. */
  readonly manner?: "watch" | "never-read" | undefined;
  /** The draft, as ALPN. Default the newest. */
  readonly protocol?: string | undefined;
  /** Maximum age of video, in milliseconds. Default 0, the live edge. */
  readonly maxAgeMs?: number | undefined;
}

const { url, fingerprint, manner, protocol, maxAgeMs = 0 } = settings<
  ViewerSettings
>();
const serverCertificateHashes = [Uint8Array.fromHex(fingerprint)];
const protocols = [protocol ?? PROTOCOLS[0]!];
const PRIORITIES = { audio: 200, video: 100 };
const seen: Record<"audio" | "video", Arrival[]> = { audio: [], video: [] };
const closed = Promise.withResolvers<string>();

async function open(): Promise<Session> {
  if (!url.startsWith("ws")) {
    return await connect(url, { serverCertificateHashes, protocols });
  }
  const transport = await connectWebSocket(url, { protocols });
  return openSession(transport, { setup: { role: "subscriber" } });
}

async function watch(): Promise<void> {
  const session = await open();
  void session.closed.then((error) => closed.resolve(error?.code ?? "closed"));
  for await (const { kind } of session.announced(BROADCAST)) {
    if (kind === "start") break;
  }
  const tracks = ["audio", "video"] as const;
  await Promise.all(tracks.map(async (name) => {
    const track = session.consume(BROADCAST).track(name);
    const groups = track.subscribe({ priority: PRIORITIES[name], maxAgeMs });
    const first = await groups.next();
    if (first) void read(first, seen[name]); // Never rejects.
    void run(groups, seen[name]); // Ends with the process.
  }));
}

async function run(
  groups: AsyncIterable<GroupConsumer>,
  into: Arrival[],
): Promise<void> {
  for await (const group of groups) void read(group, into); // Never rejects.
}

async function read(group: GroupConsumer, into: Arrival[]): Promise<void> {
  let isFirst = true;
  try {
    for await (const { timestamp } of group.frames()) {
      into.push({ timestamp, at: nowMicros(), isFirst });
      isFirst = false;
    }
  } catch {
    // Cut: the frames that arrived have been recorded.
  }
}

const held: unknown[] = [];

/** Subscribes to both tracks and reads nothing. */
async function neverRead(): Promise<void> {
  const transport = await dial(new URL(url), {
    serverCertificateHashes,
    protocols,
  });
  held.push(transport);
  void transport.closed.then(({ code }) => closed.resolve(`code ${code}`));
  const setup = await transport.openUni();
  setup.write(withType(UniType.setup, encodeSetup({ role: "subscriber" })));
  setup.close();
  for (const [id, track] of ["audio", "video"].entries()) {
    const request = await transport.openBidi();
    held.push(request);
    const message = encodeSubscribe({
      id,
      broadcast: BROADCAST,
      track,
      priority: 0,
      maxAgeMs,
      startFrame: 0,
    }, "06");
    request.send.write(withType(BidiType.subscribe, message));
  }
}

await (manner === "never-read" ? neverRead() : watch());
say("ready");
for await (const command of commands()) {
  if (command === "begin") {
    seen.audio.length = seen.video.length = 0;
    say("begun");
  } else if (command === "end") {
    say(seen);
  } else {
    say(await closed.promise);
  }
}
Deno.exit(0);
