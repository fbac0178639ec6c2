/**
 * Video that a narrow link cannot carry, with audio: publisher, viewers, and what
 * must arrive.
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

/** Rate of a narrow link, in bits per second. */
export const NARROW_BPS = 2_000_000;
/** How long to watch. */
const SECONDS = 12;
/** After this time a session uses what it has measured, in milliseconds. */
const WARM_UP_MS = 4000;
const VIDEO = { bytes: 33_000, fps: 30, groupFrames: 30 };
const AUDIO = { bytes: 160, fps: 50, groupFrames: 5 };

/** Subscribes to a track with some implementation. */
export type Subscribe = (
  name: string,
  wish: SubscribeOptions,
) => AsyncIterable<{
  frames(signal: AbortSignal): AsyncIterable<{ readonly timestamp: number }>;
}>;

/** Subscribes with one of our sessions. */
export function subscribeOurs(session: Session, path: string): Subscribe {
  return (name, wish) => session.consume(path).track(name).subscribe(wish);
}

/** How late frames arrived after they were written. */
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
    // Milliseconds of one clock that everything in this process uses.
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

/** Watches the video at the live edge and the audio up to half a second behind, audio first, until `signal` aborts; data still in flight then is too late. */
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
        // Cut, as most of the video must be.
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

/** The value below which the share `of` of the sorted `values` lies. */
function share(values: readonly number[], of: number): number {
  return values[Math.floor(of * (values.length - 1))] ?? Infinity;
}

/** What must arrive behind a link, and how late. */
export interface Expected {
  /** What a viewer without a link received. */
  readonly beside: Watched;
  /** Minimum share of the audio. */
  readonly audioShare: number;
  /** 95th percentile of the audio's lateness, in milliseconds. */
  readonly audioMs: number;
  /** 95th percentile of the lateness of first video frames, in milliseconds. */
  readonly videoMs: number;
  /** How many first frames may be missing, such as the last ones, still in flight. */
  readonly missing: number;
}

/** Over QUIC priorities apply to every byte. */
export const OVER_QUIC = {
  audioShare: 0.9,
  audioMs: 500,
  videoMs: 1200,
  missing: 2,
};
/** Over WebSocket everything waits in one queue; without dropping it would be nine seconds long at the end. */
export const OVER_WEB_SOCKET = {
  audioShare: 0.5,
  audioMs: 6000,
  videoMs: 6000,
  missing: 4,
};

/** Compares a viewer behind the link with one without: it must have the audio, and the beginning of nearly every video group. */
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
  // On a busy machine the publisher itself is late.
  const seconds = SECONDS - WARM_UP_MS / 1000;
  assert.ok(pieces >= seconds * AUDIO.fps / 2, `${pieces} pieces beside`);
  assert.ok(groups >= seconds / 2, `${groups} groups beside`);
}
