/**
 * A process with the publisher: 8 Mbit/s of video in uniform frames with a group
 * each second, and 64 kbit/s of audio. Every timestamp is the wall clock in
 * microseconds, so it also identifies its frame.
 *
 * @module
 */
import { BroadcastProducer, sleep, systemClock } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { commands, say, settings } from "../../integration/process/inside.ts";
import { nowMicros } from "../../bench/stream_bytes.ts";
import { BROADCAST } from "./watched.ts";

/** How to reach the relay. */
export interface PublisherSettings {
  readonly url: string;
  readonly fingerprint: string;
}

const VIDEO_FRAME_BYTES = 33_000;
const VIDEO_FPS = 30;
const AUDIO_FRAME_BYTES = 160;
const AUDIO_FPS = 50;

const { url, fingerprint } = settings<PublisherSettings>();
const session = await connect(url, {
  serverCertificateHashes: [Uint8Array.fromHex(fingerprint)],
  role: "publisher",
});
const broadcast = new BroadcastProducer();

async function runTrack(
  name: string,
  { bytes, fps, groupFrames }: {
    readonly bytes: number;
    readonly fps: number;
    readonly groupFrames: number;
  },
): Promise<void> {
  const track = broadcast.createTrack(name, { timescale: 1_000_000 });
  const payload = crypto.getRandomValues(new Uint8Array(bytes));
  const start = performance.now();
  let group = track.group();
  for (let count = 0;; count++) {
    if (count > 0 && count % groupFrames === 0) {
      group.close();
      group = track.group();
    }
    group.writeFrame({ timestamp: nowMicros(), payload });
    const due = start + (count + 1) * 1000 / fps;
    await sleep(systemClock, Math.max(0, due - performance.now()));
  }
}

// Both end with the process.
void runTrack("video", {
  bytes: VIDEO_FRAME_BYTES,
  fps: VIDEO_FPS,
  groupFrames: VIDEO_FPS,
});
void runTrack("audio", {
  bytes: AUDIO_FRAME_BYTES,
  fps: AUDIO_FPS,
  groupFrames: AUDIO_FPS / 10,
});
session.publish(BROADCAST, broadcast);
say("ready");
for await (const _ of commands()) {
  /* There are no commands; the process ends with its input. */
}
Deno.exit(0);
