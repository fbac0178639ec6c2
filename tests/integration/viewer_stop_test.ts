import assert from "node:assert/strict";
import {
  BroadcastProducer,
  openSession,
  Origin,
  protocolOf,
  sleep,
  type TrackProducer,
} from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";
import type { Transport } from "@moq-deno/lite/transport";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";
import { Ledger } from "./ledger.ts";
import { announced, loopback } from "./every_way.ts";
import { bytesOf } from "./peer.ts";

/** Lets everything run that needs no time. */
async function turn(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

async function watched(track: TrackProducer): Promise<void> {
  while (track.demand.subscribers === 0) await track.demand.changed();
}

/** Answers every request at once, as barriers expect. */
async function answerBarriers({ incomingBidi }: Transport): Promise<void> {
  for await (const { send, receive } of incomingBidi) {
    receive.stop(0);
    send.close();
  }
}

for (const reliableReset of [true, false]) {
  const kind = reliableReset ? "resets" : "FIN for reset";
  Deno.test(`a viewer's stop frees everything at once (${kind})`, async () => {
    const clock = new VirtualClock();
    const ledger = new Ledger();
    const origin = new Origin({ clock });
    // A publisher in a separate session, so that there is an upstream.
    const [source, sink] = memoryPair({ protocol: protocolOf("06") });
    const publisher = openSession(source, { clock });
    const upstream = openSession(sink, {
      clock,
      cache: origin.cache,
      writable: origin.scope(),
    });
    const broadcast = new BroadcastProducer();
    const track = broadcast.createTrack("video");
    // A viewer that accepts only one stream and 1000 bytes of it.
    const [near, far] = memoryPair({
      protocol: protocolOf("06"),
      reliableReset,
      maxUniStreams: 2,
      windowBytes: 1000,
    });
    const relay = openSession(ledger.wrap(far), {
      clock,
      readable: origin.scope(),
    });
    await clock.run((async () => {
      publisher.publish("live", broadcast);
      for await (const { path } of origin.announced()) {
        if (path === "live") break;
      }
      const setup = await near.openUni();
      setup.write(Uint8Array.from(bytesOf([1, [0]])));
      setup.close();
      await sleep(clock, 10);
      const answering = answerBarriers(near);
      const before = ledger.open;
      const { send, receive } = await near.openBidi();
      const subscribe = [2, [0, "live", "video", 0, 0, 0, 0, 0, 0]];
      send.write(Uint8Array.from(bytesOf(subscribe)));
      await watched(track);
      for (let i = 0; i < 4; i++) {
        const group = track.group();
        const payload = new Uint8Array(100_000);
        group.writeFrame({ timestamp: i, payload });
        if (i < 3) group.close();
        await sleep(clock, 1);
      }
      assert.ok(ledger.open > before);
      assert.ok(origin.cache.bytes > 300_000);
      assert.equal(relay.stats.subscriptions, 1);

      send.close();
      receive.stop(0);
      await turn();
      assert.equal(relay.stats.subscriptions, 0);
      assert.equal(track.demand.subscribers, 0);
      assert.equal(ledger.open, before);
      // Nothing is pinned: the rest is removed after its time in the cache.
      await sleep(clock, 60_000);
      origin.cache.sweep();
      assert.equal(origin.cache.bytes, 0);
      for (const session of [publisher, upstream, relay]) session.close();
      await Promise.all(
        [publisher, upstream, relay].map(({ closed }) => closed),
      );
      await answering;
    })());
  });
}

Deno.test("over QUIC a viewer's stop ends the upstream subscription", async () => {
  await using relay = await loopback();
  const publisher = await relay.connect("QUIC");
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  publisher.publish("live", broadcast);
  const viewer = await relay.connect("QUIC");
  await announced(viewer, "live");
  const subscription = viewer.consume("live").track("video").subscribe();
  const group = track.group();
  group.writeFrame({ timestamp: 0, payload: new Uint8Array(100_000) });
  const reading = await subscription.next();
  const frames = reading!.frames();
  await frames.next();
  const start = performance.now();
  subscription.close();
  while (track.demand.subscribers > 0) await track.demand.changed();
  const took = performance.now() - start;
  assert.ok(took < 1000, `${took} ms`);
  await assert.rejects(frames.next());
});
