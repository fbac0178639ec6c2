import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import type { Transport } from "@moq-deno/lite/transport";
import { MessageReader } from "../../lite/session/streams.ts";
import { decodeAnnounceOk } from "../../lite/wire/announce.ts";
import { announced, loopback, WAYS } from "./every_way.ts";
import { frameOf, readGroup } from "./groups.ts";
import { bytesOf } from "./peer.ts";

const PROTOCOLS = ["moq-lite-06"];

/** Ends every request without an answer; `asked` is called for the first one. */
async function endEveryRequest(
  { incomingBidi }: Transport,
  asked: () => void,
): Promise<void> {
  for await (const { send } of incomingBidi) {
    send.close();
    asked();
  }
}

for (const way of WAYS) {
  Deno.test(`a group without frames is fetched through a relay (${way})`, async () => {
    await using relay = await loopback();
    const publisher = await relay.connect(way);
    const broadcast = new BroadcastProducer();
    const track = broadcast.createTrack("chat");
    track.group().close();
    track.writeFrame(frameOf("second"));
    publisher.publish("room", broadcast);
    const viewer = await relay.connect(way);
    await announced(viewer, "room");
    const fetched = await viewer.consume("room").track("chat").fetch(0);
    const { texts, error } = await readGroup(fetched);
    assert.deepEqual({ texts, error }, { texts: [], error: undefined });
  });

  Deno.test(`a peer that ends its listing keeps its session (${way})`, async () => {
    await using relay = await loopback();
    const peer = await relay.dial(way, PROTOCOLS);
    const setup = await peer.openUni();
    setup.write(Uint8Array.from(bytesOf([1, [0]])));
    setup.close();
    const asked = Promise.withResolvers<void>();
    const answering = endEveryRequest(peer, asked.resolve);
    await asked.promise;
    // A few round trips, by which time the relay has seen the end of its listing.
    for (let i = 0; i < 10; i++) {
      const { send, receive } = await peer.openBidi();
      send.write(Uint8Array.from(bytesOf([1, [""]])));
      const reader = new MessageReader(receive, { version: "06" });
      assert.equal(decodeAnnounceOk(await reader.expectMessage()).active, 0);
      send.close();
    }
    peer.close(0, "");
    await answering;
    assert.deepEqual(await peer.closed, { code: 0, reason: "" });
  });
}
