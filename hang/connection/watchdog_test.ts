import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type MoqError,
  openSession,
  Origin,
  Session,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import { losesStreams } from "../../tests/faults/lost_streams.ts";
import { watchSession } from "./watchdog.ts";

const OPTIONS = { protocol: "moq-lite-06" };

for (const protocol of ["moq-lite-06", "moq-lite-04", "moq-lite-03"]) {
  Deno.test(`watchSession: closes the session of a silent peer only (${protocol})`, () =>
    closesSilentOnly(protocol));
}

async function closesSilentOnly(protocol: string): Promise<void> {
  const clock = new VirtualClock();
  const [ours, theirs] = memoryPair({ protocol });
  const session = openSession(ours, { clock });
  // Speaks, but answers nothing until it serves.
  const peer = new Session(theirs, { clock });
  peer.start();
  const ends: (MoqError | undefined)[] = [];
  session.closed.then((error) => ends.push(error));
  const watch = watchSession(session, { clock });
  await clock.advance(1000);
  assert.equal(ends.length, 0);
  await clock.advance(4500);
  assert.deepEqual(ends.map((error) => error?.code), ["timeout"]);
  watch.end();
  await peer.closed;

  const [one, other] = memoryPair({ protocol }).map((transport) =>
    openSession(transport, { clock, readable: new Origin({ clock }).scope() })
  );
  const second = watchSession(one!, { clock });
  let isOver = false;
  one!.closed.then(() => isOver = true);
  await clock.advance(3_600_000);
  assert.equal(isOver, false);
  second.end();
  one!.close();
  await other!.closed;
}

/** A viewer that reads a track, of which each second brings a group for `seconds`. */
async function watchFor(seconds: number, most: number): Promise<{
  readonly lostStreams: boolean;
  readonly closedAfterMs: number | undefined;
  readonly receivedGroups: number;
}> {
  const clock = new VirtualClock();
  const [ours, theirs] = memoryPair(OPTIONS);
  const viewer = openSession(losesStreams(ours, most), { clock });
  const publisher = openSession(theirs, { clock });
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  publisher.publish("x", broadcast);
  const reader = viewer.consume("x").track("video").subscribe();
  const watch = watchSession(viewer, { clock });
  let closedAfterMs: number | undefined;
  viewer.closed.then(() => closedAfterMs = clock.now());
  for (let second = 0; second < seconds; second++) {
    track.writeFrame({ timestamp: second, payload: new Uint8Array([second]) });
    await clock.advance(1000);
  }
  await clock.advance(60_000);
  const seen = {
    lostStreams: watch.lostStreams,
    closedAfterMs,
    receivedGroups: viewer.stats.receivedGroups,
  };
  watch.end();
  reader.close();
  viewer.close();
  await Promise.all([viewer.closed, publisher.closed]);
  return seen;
}

Deno.test("watchSession: streams that stop coming end the session within 5 s", async () => {
  // One stream is for SETUP, so the last group comes at 3 s.
  const { lostStreams, closedAfterMs } = await watchFor(30, 5);
  assert.equal(lostStreams, true);
  assert.ok(closedAfterMs !== undefined && closedAfterMs <= 8000);
});

Deno.test("watchSession: a publisher that pauses is checked once and left alone", async () => {
  const { lostStreams, closedAfterMs, receivedGroups } = await watchFor(
    5,
    Infinity,
  );
  assert.equal(lostStreams, false);
  assert.equal(closedAfterMs, undefined);
  assert.equal(receivedGroups, 5 + 1);
});
