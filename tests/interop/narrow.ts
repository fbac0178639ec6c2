/**
 * Video that a narrow link cannot carry, and audio beside it: who publishes,
 * who watches, and what has to come.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type BroadcastProducer,
  type Session,
  sleep,
  type SubscribeOptions,
  systemClock,
} from "@moq-deno/lite";

/** What a narrow link carries. */
export const NARROW_BPS = 2_000_000;
/** How long it is watched. */
const SECONDS = 12;
/** What a session has learnt by then, it goes by. */
const WARM_UP_MS = 4000;
const VIDEO = { bytes: 33_000, fps: 30, groupFrames: 30 };
const AUDIO = { bytes: 160, fps: 50, groupFrames: 5 };

/** Subscribes to a track, as whatever makes that of it. */
export type Subscribe = (
  name: string,
  wish: SubscribeOptions,
) => AsyncIterable<{
  frames(signal: AbortSignal): AsyncIterable<{ readonly timestamp: number }>;
}>;

/** As a session of ours subscribes. */
export function subscribeOurs(session: Session, path: string): Subscribe {
  return (name, wish) => session.consume(path).track(name).subscribe(wish);
}

/** How late frames came, behind the moment they were written. */
export interface Watched {
  readonly audioMs: readonly number[];
  /** First frames of groups. */
  readonly videoMs: readonly number[];
}

async function publish(
  broadcast: BroadcastProducer,
  name: string,
  { bytes, fps, groupFrames }: typeof VIDEO,
): Promise<void> {
  const track = broadcast.createTrack(name);
  const payload = new Uint8Array(bytes);
  const start = performance.now();
  let group = track.group();
  for (let count = 0; count < SECONDS * fps; count++) {
    if (count > 0 && count % groupFrames === 0) {
      group.close();
      group = track.group();
    }
    // Milliseconds of the one clock that all in this process read.
    group.writeFrame({ timestamp: Math.floor(performance.now()), payload });
    const due = start + (count + 1) * 1000 / fps - performance.now();
    await sleep(systemClock, Math.max(0, due));
  }
  group.close();
  track.close();
}

/** Publishes 8 Mbit/s of video and 64 kbit/s of audio for twelve seconds. */
export async function publishBoth(broadcast: BroadcastProducer): Promise<void> {
  await Promise.all([
    publish(broadcast, "video", VIDEO),
    publish(broadcast, "audio", AUDIO),
  ]);
}

/** Watches the video at the live edge and the audio up to half a second behind, audio first, until `signal` aborts: what is still on its way then is too late. */
export async function watchBoth(
  subscribe: Subscribe,
  signal: AbortSignal,
): Promise<Watched> {
  const start = performance.now();
  const watch = async (
    name: string,
    wish: SubscribeOptions,
    { first }: { readonly first: boolean },
  ): Promise<number[]> => {
    const late: number[] = [];
    const read = async (frames: AsyncIterable<{ timestamp: number }>) => {
      try {
        for await (const { timestamp } of frames) {
          const isWarm = timestamp - start >= WARM_UP_MS;
          if (isWarm) late.push(performance.now() - timestamp);
          if (first) break;
        }
      } catch {
        // Cut, as most of the video has to be.
      }
    };
    try {
      for await (const group of subscribe(name, { ...wish, signal })) {
        void read(group.frames(signal)); // Never rejects.
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return late.sort((a, b) => a - b);
  };
  const [audioMs, videoMs] = await Promise.all([
    watch("audio", { priority: 200, maxAgeMs: 500 }, { first: false }),
    watch("video", { priority: 100, maxAgeMs: 0 }, { first: true }),
  ]);
  return { audioMs, videoMs };
}

/** The value below which `share` of the sorted `values` lie. */
function share(values: readonly number[], of: number): number {
  return values[Math.floor(of * (values.length - 1))] ?? Infinity;
}

/** What has to come behind a link, and how late. */
export interface Expected {
  /** The viewer without a link. */
  readonly beside: Watched;
  /** How much of the audio. */
  readonly audioShare: number;
  /** How late 95 % of the audio may be, in milliseconds. */
  readonly audioMs: number;
  /** How late 95 % of the beginnings of groups of video may be. */
  readonly videoMs: number;
  /** How many of those may be missing, such as the last ones, still on their way. */
  readonly missing: number;
}

/** Over QUIC priorities count to the last byte. */
export const OVER_QUIC = {
  audioShare: 0.9,
  audioMs: 500,
  videoMs: 1200,
  missing: 2,
};
/** Over WebSocket all wait for one another; a backlog would be nine seconds in the end. */
export const OVER_WEB_SOCKET = {
  audioShare: 0.5,
  audioMs: 6000,
  videoMs: 6000,
  missing: 4,
};

/** Checks what a viewer behind the link got beside one without: the audio, and the beginning of nearly every group of video. */
export function assertNewestCame(behind: Watched, expected: Expected): void {
  const { beside } = expected;
  const later = (kind: keyof Watched, of: number): number =>
    Math.round(share(behind[kind], of) - share(beside[kind], of));
  const seen = JSON.stringify({
    audioLaterMs: [0.5, 0.95, 1].map((of) => later("audioMs", of)),
    videoLaterMs: [0.5, 0.95, 1].map((of) => later("videoMs", of)),
    pieces: behind.audioMs.length,
    groups: behind.videoMs.length,
  });
  const [pieces, groups] = [beside.audioMs.length, beside.videoMs.length];
  assert.ok(behind.audioMs.length >= expected.audioShare * pieces, seen);
  assert.ok(later("audioMs", 0.95) <= expected.audioMs, seen);
  assert.ok(behind.videoMs.length >= groups - expected.missing, seen);
  assert.ok(later("videoMs", 0.95) <= expected.videoMs, seen);
  // On a machine with other work to do the publisher is behind itself.
  const seconds = SECONDS - WARM_UP_MS / 1000;
  assert.ok(pieces >= seconds * AUDIO.fps / 2, `${pieces} pieces beside`);
  assert.ok(groups >= seconds / 2, `${groups} groups beside`);
}
