import assert from "node:assert/strict";
import {
  BroadcastProducer,
  openSession,
  Origin,
  protocolOf,
  sleep,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import { announced, loopback, WAYS } from "./every_way.ts";
import { frameOf, readGroup } from "./groups.ts";
import { Peer } from "./peer.ts";

const TRACKS = 300;

for (const way of WAYS) {
  Deno.test(`a viewer reads 300 tracks of one publisher (${way})`, async () => {
    await using relay = await loopback();
    const publisher = await relay.connect(way);
    const broadcast = new BroadcastProducer();
    const names = Array.from({ length: TRACKS }, (_, i) => `track ${i}`);
    for (const name of names) {
      broadcast.createTrack(name).writeFrame(frameOf(name));
    }
    publisher.publish("room", broadcast);
    const viewer = await relay.connect(way);
    await announced(viewer, "room");
    const room = viewer.consume("room");
    const texts = await Promise.all(names.map(async (name) => {
      const group = await room.track(name).subscribe().next();
      return (await readGroup(group)).texts[0];
    }));
    assert.deepEqual(texts, names);
  });
}

Deno.test("a subscription without a stream in time fails and says why", async () => {
  const clock = new VirtualClock();
  const [near, far] = memoryPair({
    protocol: protocolOf("06"),
    maxBidiStreams: 4,
  });
  const warnings: unknown[] = [];
  const origin = new Origin({ clock });
  const publisher = openSession(near, { clock });
  const relay = openSession(far, {
    clock,
    writable: origin.scope(),
    log: { warn: (_message, fields) => warnings.push(fields?.["reason"]) },
  });
  const broadcast = new BroadcastProducer();
  for (let i = 0; i < 6; i++) {
    broadcast.createTrack(`${i}`).writeFrame(frameOf("here"));
  }
  publisher.publish("room", broadcast);
  await clock.run((async () => {
    const results = await Promise.all([0, 1, 2, 3, 4, 5].map(async (i) => {
      const track = relay.consume("room").track(`${i}`);
      try {
        return (await readGroup(await track.subscribe().next())).texts[0];
      } catch (error) {
        return (error as Error).message;
      }
    }));
    const why =
      "Peer allowed no other request in 10000 ms; read fewer tracks at once or raise the peer's stream limit";
    const failed = results.filter((text) => text !== "here");
    assert.ok(failed.length > 0 && failed.length < 6, `${failed.length}`);
    assert.deepEqual(new Set(failed), new Set([why]));
    assert.deepEqual(warnings, [why]);
    assert.ok(clock.now() < 15_000, `${clock.now()} ms`);
    publisher.close();
    await relay.closed;
  })());
});

Deno.test("a peer that allows no stream for SETUP loses its session", async () => {
  const peer = new Peer({ version: "06", pair: { maxUniStreams: 0 } });
  await peer.clock.run((async () => {
    assert.equal((await peer.session.closed)?.code, "timeout");
    assert.equal(peer.clock.now(), 10_000);
  })());
});

Deno.test("a peer that allows no requests keeps its session", async () => {
  const peer = new Peer({ version: "06", pair: { maxBidiStreams: 0 } });
  await peer.clock.run((async () => {
    await peer.uni(1, [0]);
    const later = sleep(peer.clock, 60_000);
    assert.equal(await Promise.race([peer.session.closed, later]), undefined);
    peer.transport.close(7, "enough");
    assert.equal((await peer.transport.closed).code, 7);
    assert.equal(peer.clock.now(), 60_000);
    await peer.session.closed;
  })());
});
