import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type Clock,
  type GroupConsumer,
  openSession,
  Origin,
  type Session,
  sleep,
  type TrackProducer,
} from "@moq-deno/lite";
import { simulatedPair, VirtualClock } from "@moq-deno/lite/testing";
import { BitrateBudget } from "../../hang/publish/bitrate_budget.ts";

const WIDTH_BPS = 1_000_000;
const WANTED_BPS = 3_000_000;
const SECONDS = 60;
const WARM_UP_S = 20;
const FPS = 30;
const GROUP_FRAMES = 60;
const LOOK_FRAMES = 15;
// A keyframe is as large as this many other frames.
const KEYFRAME_FACTOR = 6;

/** An encoder with this bitrate, adjusted twice a second; returns the bits of each second. */
async function encode(
  track: TrackProducer,
  session: Session,
  clock: Clock,
): Promise<number[]> {
  const budget = new BitrateBudget();
  const bits: number[] = new Array(SECONDS).fill(0);
  let group = track.group();
  for (let frame = 0; frame < SECONDS * FPS; frame++) {
    const isKeyframe = frame % GROUP_FRAMES === 0;
    if (isKeyframe && frame > 0) {
      group.close();
      group = track.group();
    }
    if (frame % LOOK_FRAMES === 0) {
      budget.update(session.path, WANTED_BPS, clock.now());
    }
    const bps = WANTED_BPS * budget.shareOf(WANTED_BPS);
    const usual = bps / 8 / FPS * GROUP_FRAMES /
      (GROUP_FRAMES - 1 + KEYFRAME_FACTOR);
    const bytes = Math.round(usual * (isKeyframe ? KEYFRAME_FACTOR : 1));
    group.writeFrame({
      timestamp: Math.round(clock.now()),
      payload: new Uint8Array(bytes),
    });
    bits[Math.floor(frame / FPS)]! += bytes * 8;
    await sleep(clock, 1000 / FPS);
  }
  group.close();
  track.close();
  return bits;
}

/** How late each frame of a group is, in milliseconds; the group may be cut. */
async function lateness(
  group: GroupConsumer,
  clock: Clock,
): Promise<{ readonly lateMs: number[]; readonly isCut: boolean }> {
  const lateMs: number[] = [];
  try {
    for await (const { timestamp } of group.frames()) {
      lateMs.push(clock.now() - timestamp);
    }
    return { lateMs, isCut: false };
  } catch {
    // The publisher dropped the group for a newer one.
    return { lateMs, isCut: true };
  }
}

Deno.test("BitrateBudget: groups arrive on a path a third as wide", async () => {
  const clock = new VirtualClock();
  const [near, far] = simulatedPair({
    clock,
    protocol: "moq-lite-06",
    bandwidthBps: WIDTH_BPS,
    oneWayMs: 20,
    queueBytes: 40_000,
  });
  const origin = new Origin({ clock });
  const publisher = openSession(near, { clock, readable: origin.scope() });
  const viewer = openSession(far, { clock });
  const broadcast = new BroadcastProducer();
  origin.publish("live", broadcast);
  const track = broadcast.createTrack("video");

  const watch = async () => {
    const groups: ReturnType<typeof lateness>[] = [];
    const subscription = viewer.consume("live").track("video").subscribe({
      maxAgeMs: 1000,
    });
    for await (const group of subscription) groups.push(lateness(group, clock));
    return await Promise.all(groups);
  };
  const [bits, groups] = await clock.run(
    Promise.all([encode(track, publisher, clock), watch()]),
  );
  publisher.close();
  await clock.run(Promise.all([publisher.closed, viewer.closed]));

  const settled = bits.slice(WARM_UP_S);
  const meanBps = settled.reduce((sum, one) => sum + one) / settled.length;
  assert.ok(
    meanBps > 0.6 * WIDTH_BPS && meanBps < WIDTH_BPS,
    `${meanBps} bit/s`,
  );
  const late = groups.slice(WARM_UP_S / 2).flatMap(({ lateMs }) => lateMs)
    .sort((one, other) => one - other);
  const p95 = late[Math.floor(late.length * 0.95)]!;
  assert.ok(p95 < 800, `${p95} ms late`);
  const cut = groups.slice(WARM_UP_S / 2).filter(({ isCut }) => isCut).length;
  assert.ok(cut <= 3, `${cut} of ${groups.length} groups cut`);
});
