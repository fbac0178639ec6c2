/**
 * The peers that a fault must not affect: a publisher, and a viewer of its
 * broadcast on another connection.
 *
 * Commands: `begin` resets what was seen; `end` is answered with what the viewer
 * has {@linkcode Witnessed}.
 *
 * @module
 */
import {
  BroadcastProducer,
  type GroupConsumer,
  type Session,
  sleep,
  systemClock,
} from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { commands, say, settings } from "../integration/process/inside.ts";
import { LARGE_TRACK, SMALL_TRACK, STEADY } from "./steady.ts";

/** How to reach the relay. */
export interface AudienceSettings {
  readonly url: string;
  readonly fingerprint: string;
}

/** What the viewer has seen since `begin`. */
export interface Witnessed {
  /** Frames that were published. */
  readonly published: number;
  /** Frames that arrived. */
  readonly frames: number;
  /** The highest age of a frame on arrival, in milliseconds. */
  readonly oldestMs: number;
  /** How late the process's own timers were: the load of the machine, not of the relay. */
  readonly lagMs: number;
  /** Groups that were cut. */
  readonly cutGroups: number;
  /** Whether the subscription or a session has ended. */
  readonly hasEnded: boolean;
}

const FPS = 30;
const GROUP_FRAMES = 15;
const SMALL_BYTES = 200;
const LARGE_BYTES = 33_000;

const { url, fingerprint } = settings<AudienceSettings>();
const serverCertificateHashes = [Uint8Array.fromHex(fingerprint)];
const publisher = await connect(url, {
  serverCertificateHashes,
  role: "publisher",
});
const viewer = await connect(url, {
  serverCertificateHashes,
  role: "subscriber",
});
const start = performance.now();
let published = 0;
let frames = 0;
let cutGroups = 0;
let oldestMs = 0;
let lagMs = 0;
let hasEnded = false;

function ended(session: Session): void {
  void session.closed.then(() => hasEnded = true);
}

async function publish(): Promise<void> {
  const broadcast = new BroadcastProducer();
  publisher.publish(STEADY, broadcast);
  const tracks = [[SMALL_TRACK, SMALL_BYTES], [LARGE_TRACK, LARGE_BYTES]]
    .map(([name, bytes]) => ({
      track: broadcast.createTrack(String(name)),
      payload: new Uint8Array(Number(bytes)),
    }));
  let groups = tracks.map(({ track }) => track.group());
  const due = performance.now();
  for (let count = 1;; count++) {
    const timestamp = Math.round(performance.now() - start);
    published++;
    for (const [i, group] of groups.entries()) {
      group.writeFrame({ timestamp, payload: tracks[i]!.payload });
      if (count % GROUP_FRAMES === 0) group.close();
    }
    if (count % GROUP_FRAMES === 0) {
      groups = tracks.map(({ track }) => track.group());
    }
    const ahead = due + count * 1000 / FPS - performance.now();
    await sleep(systemClock, Math.max(0, ahead));
    lagMs = Math.max(lagMs, performance.now() - due - count * 1000 / FPS);
  }
}

async function read(group: GroupConsumer): Promise<void> {
  try {
    for await (const { timestamp } of group.frames()) {
      oldestMs = Math.max(oldestMs, performance.now() - start - timestamp);
      if (frames++ === 0) say("watching");
    }
  } catch {
    cutGroups++;
  }
}

async function watch(): Promise<void> {
  for await (const { kind } of viewer.announced(STEADY)) {
    if (kind === "start") break;
  }
  const track = viewer.consume(STEADY).track(SMALL_TRACK);
  try {
    for await (const group of track.subscribe()) void read(group); // Never rejects.
  } catch {
    // It should not end at all.
  }
  hasEnded = true;
}

ended(publisher);
ended(viewer);
void publish(); // Ends with the process.
void watch(); // As above.
for await (const command of commands()) {
  if (command === "begin") {
    published = frames = 1;
    cutGroups = oldestMs = lagMs = 0;
    say("begun");
  } else {
    const witnessed: Witnessed = {
      published,
      frames,
      oldestMs: Math.round(oldestMs),
      lagMs: Math.round(lagMs),
      cutGroups,
      hasEnded,
    };
    say(witnessed);
  }
}
Deno.exit(0);
