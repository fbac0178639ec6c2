/**
 * What a client keeps of groups that have passed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BroadcastProducer, openSession, Origin } from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";

const GROUPS = 600;
const INTERVAL_MS = 100;
// Groups are kept for 30 s after their last use, and removed now and then.
const MAX_KEPT = 340;

Deno.test("Track: a client's origins keep nothing of groups that ended", async () => {
  const clock = new VirtualClock();
  const [one, other] = memoryPair({ protocol: "moq-lite-06" });
  const local = new Origin({ clock });
  const remote = new Origin({ clock });
  const publisher = openSession(one, { clock, readable: local.scope() });
  const viewer = openSession(other, { clock, writable: remote.scope() });
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("audio");
  local.publish("live", broadcast);
  await clock.advance(INTERVAL_MS);
  const subscription = remote.consume("live").track("audio").subscribe();
  let received = 0;
  const reading = (async () => {
    for await (const _ of subscription) received++;
  })();
  for (let sequence = 0; sequence < GROUPS; sequence++) {
    const timestamp = sequence * INTERVAL_MS;
    track.writeFrame({ timestamp, payload: new Uint8Array(100) });
    await clock.advance(INTERVAL_MS);
  }
  subscription.close();
  assert.equal(received, GROUPS);
  for (const origin of [local, remote]) {
    assert.ok(origin.cache.groups <= MAX_KEPT, `${origin.cache.groups} groups`);
  }
  viewer.close();
  await clock.run(Promise.all([reading, viewer.closed, publisher.closed]));
});
