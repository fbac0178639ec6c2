/** Peers that start something and then fall silent. */
import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { encodeFrameHeader } from "../../lite/model/frame.ts";
import { readGroup, writeGroup } from "./groups.ts";
import { scenario } from "./network.ts";
import { Peer } from "./peer.ts";

scenario(
  "a frame that never ends fails its group only",
  async (net) => {
    const { session } = net.connect();
    const broadcast = new BroadcastProducer();
    const track = broadcast.createTrack("video", { maxAgeMs: 60_000 });
    const announced = net.announced("live");
    session.publish("live", broadcast);
    await announced;
    const viewer = net.connect();
    const subscription = viewer.session.consume("live").track("video")
      .subscribe();
    const group = track.group();
    group.append(encodeFrameHeader(0, 0, 1000));
    group.append(new Uint8Array(100));
    const stalled = await subscription.next();
    assert.ok(stalled);
    const before = net.clock.now();
    const read = await readGroup(stalled);
    assert.ok(read.error, "the group failed");
    assert.ok(net.clock.now() - before <= 31_000);
    writeGroup(track, "next");
    const next = await readGroup(await subscription.next());
    assert.deepEqual(next.texts, ["next"]);
    broadcast.close();
  },
);

for (const version of ["06", "05", "04", "03"] as const) {
  Deno.test(`Session: streams that never send their type are stopped (${version})`, async () => {
    const peer = new Peer({ version });
    await peer.clock.run((async () => {
      if (version >= "05") await peer.uni(1, [0]);
      const uni = await peer.transport.openUni();
      const { send, receive } = await peer.transport.openBidi();
      // Half of a varint is not a type either.
      uni.write(Uint8Array.of(0x40));
      send.write(Uint8Array.of(0x40));
      assert.equal(await uni.stopped, 0);
      assert.equal(await send.stopped, 0);
      await assert.rejects(receive.read(new Uint8Array(8)), { code: "remote" });
      assert.ok(peer.clock.now() <= 30_000);
      // Requests are still answered.
      const isLong = version === "05" || version === "04";
      const request = await peer.bidi(1, isLong ? [0, 0] : [0]);
      request.send.close();
      await request.receive.read(new Uint8Array(8));
      peer.session.close();
      await peer.session.closed;
    })());
  });
}
