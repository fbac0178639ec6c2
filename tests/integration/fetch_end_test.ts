import assert from "node:assert/strict";
import {
  BroadcastProducer,
  openSession,
  Origin,
  protocolOf,
  sleep,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import { encodeFetch } from "../../lite/wire/fetch.ts";
import { Ledger } from "./ledger.ts";
import { announced, loopback, type Way, WAYS } from "./every_way.ts";
import { frameOf } from "./groups.ts";
import { bytesOf } from "./peer.ts";

const PROTOCOL = protocolOf("06");
const FETCHES = 200;

/** FETCH of the first group of room/chat, after its type. */
const FETCH = Uint8Array.from([
  3,
  ...encodeFetch({
    broadcast: "room",
    track: "chat",
    priority: 0,
    group: 0,
    startFrame: 0,
  }, "06"),
]);

/** A broadcast with a chat track whose first group stays open, and a video track. */
function room() {
  const broadcast = new BroadcastProducer();
  const open = broadcast.createTrack("chat").group();
  open.writeFrame(frameOf("first"));
  return { broadcast, video: broadcast.createTrack("video") };
}

for (const reliableReset of [true, false]) {
  const kind = reliableReset ? "resets" : "FIN for reset";
  Deno.test(`fetches of an open group share a request (${kind})`, async () => {
    const clock = new VirtualClock();
    const origin = new Origin({ clock });
    const [source, sink] = memoryPair({ protocol: PROTOCOL, reliableReset });
    const [atPublisher, atRelay] = [new Ledger(), new Ledger()];
    const publisher = openSession(atPublisher.wrap(source), { clock });
    const upstream = openSession(atRelay.wrap(sink), {
      clock,
      cache: origin.cache,
      writable: origin.scope(),
    });
    const [near, far] = memoryPair({
      protocol: PROTOCOL,
      reliableReset,
      maxBidiStreams: 2 * FETCHES,
    });
    const relay = openSession(far, { clock, readable: origin.scope() });
    await clock.run((async () => {
      publisher.publish("room", room().broadcast);
      for await (const { path } of origin.announced()) {
        if (path === "room") break;
      }
      await sleep(clock, 10);
      const before = [atPublisher.open, atRelay.open];
      const setup = await near.openUni();
      setup.write(Uint8Array.from(bytesOf([1, [0]])));
      setup.close();
      for (let i = 0; i < FETCHES; i++) {
        const { send } = await near.openBidi();
        send.write(FETCH);
      }
      await sleep(clock, 10);
      assert.deepEqual(
        [atPublisher.open, atRelay.open],
        before.map((halves) => halves + 2),
      );
      near.close(0, "");
      await sleep(clock, 10);
      assert.deepEqual([atPublisher.open, atRelay.open], before);
      const sessions = [publisher, upstream, relay];
      for (const session of sessions) session.close();
      await Promise.all(sessions.map(({ closed }) => closed));
    })());
  });
}

async function watchAfterFetches(way: Way): Promise<void> {
  await using relay = await loopback();
  const publisher = await relay.connect(way);
  const { broadcast, video } = room();
  publisher.publish("room", broadcast);
  const peer = await relay.dial("QUIC", [PROTOCOL]);
  const setup = await peer.openUni();
  setup.write(Uint8Array.from(bytesOf([1, [0]])));
  setup.close();
  for (let i = 0; i < FETCHES; i++) {
    const { send, receive } = await peer.openBidi();
    send.write(FETCH);
    if (i === 0) await receive.read(new Uint8Array(64));
  }
  const viewer = await relay.connect("QUIC");
  await announced(viewer, "room");
  const groups = viewer.consume("room").track("video").subscribe();
  while (video.demand.subscribers === 0) await video.demand.changed();
  video.writeFrame(frameOf("seen"));
  assert.equal((await groups.next())?.sequence, 0);
}

for (const way of WAYS) {
  Deno.test(`200 fetches of an open group block no viewer (${way})`, () =>
    watchAfterFetches(way));
}
