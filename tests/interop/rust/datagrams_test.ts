/**
 * Groups that may be lost, through the Rust relay and from it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { logGroups } from "../cut_groups.ts";
import { GroupLog } from "../group_log.ts";
import { connectOurs, type PeerOptions, relayOf } from "./peers.ts";

const ROUNDS = 20;

const WAYS: readonly Pick<PeerOptions, "scheme" | "version">[] = [
  { scheme: "moqt", version: "06" },
  { scheme: "moqt", version: "05" },
  { scheme: "https", version: "06" },
];

for (const way of WAYS) {
  const { scheme, version } = way;
  Deno.test({
    name: `interop: datagrams pass the Rust relay, ${scheme}, ${version}`,
    // Starts and ends another program.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using relay = await relayOf("rust");
      await using publisher = await connectOurs({ ...way, relay }, "publisher");
      await using viewer = await connectOurs({ ...way, relay }, "subscriber");
      const broadcast = new BroadcastProducer();
      const track = broadcast.createTrack("ticks");
      publisher.publish("live", broadcast);
      for await (const { path } of viewer.announced()) {
        if (path === "live") break;
      }
      const log = new GroupLog();
      const subscription = viewer.consume("live").track("ticks").subscribe();
      const reading = logGroups(subscription, log);
      for (let round = 0; round < ROUNDS; round++) {
        const say = (text: string) => ({
          timestamp: round,
          payload: new TextEncoder().encode(`${text} ${round}`),
        });
        track.writeDatagram(say("tick"));
        track.writeFrame(say("tock"));
        assert.equal(await log.ended(`tock ${round}`), "whole");
      }
      // On loopback only datagrams that arrive before the relay has subscribed are lost.
      const { receivedDatagrams, receivedGroups } = viewer.stats;
      assert.ok(receivedDatagrams >= ROUNDS / 2, `${receivedDatagrams} came`);
      assert.equal(receivedGroups, ROUNDS);
      track.close();
      await reading;
    },
  });
}
