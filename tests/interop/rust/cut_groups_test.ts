/**
 * Groups that we cut, at the Rust relay: it treats each as cut, and others are not
 * affected.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import {
  cutEverywhere,
  cutHeaders,
  cutThirds,
  logGroups,
} from "../cut_groups.ts";
import { GroupLog } from "../group_log.ts";
import {
  connectOurs,
  countFrames,
  type PeerOptions,
  publish,
  relayOf,
  watch,
} from "./peers.ts";

const WAYS: readonly Pick<PeerOptions, "scheme" | "version">[] = [
  { scheme: "moqt", version: "06" },
  { scheme: "moqt", version: "05" },
  { scheme: "moqt", version: "04" },
  { scheme: "https", version: "06" },
];

for (const way of WAYS) {
  const { scheme, version } = way;
  Deno.test({
    name: `interop: our cut groups at the Rust relay, ${scheme}, ${version}`,
    // Starts and ends another program.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using relay = await relayOf("rust");
      await using publisher = await connectOurs({ ...way, relay }, "publisher");
      await using viewer = await connectOurs(
        { scheme, version: "06", relay },
        "subscriber",
      );
      const broadcast = new BroadcastProducer();
      const track = broadcast.createTrack("cut", { maxAgeMs: 30_000 });
      publisher.publish("live", broadcast);
      for await (const { path } of viewer.announced()) {
        if (path === "live") break;
      }
      const log = new GroupLog();
      const subscription = viewer.consume("live").track("cut")
        .subscribe({ maxAgeMs: 10_000 });
      const reading = logGroups(subscription, log);
      await cutEverywhere(track, log);
      await cutHeaders(publisher, track.track.groups.highest + 1);
      track.writeFrame({
        timestamp: 0,
        payload: new TextEncoder().encode("end"),
      });
      assert.equal(await log.ended("end"), "whole");
      assert.equal(publisher.stats.subscriptions, 1, "the same subscription");
      subscription.close();
      await reading;
    },
  });
}

Deno.test({
  name: "interop: the Rust viewer plays on when groups are cut",
  // Starts and ends another program.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using relay = await relayOf("deno");
    const file = await Deno.makeTempFile({ suffix: ".mp4" });
    const [publishing, watching] = [
      new AbortController(),
      new AbortController(),
    ];
    const way = { relay, scheme: "moqt", version: "06" } as const;
    const published = publish("deno", {
      ...way,
      signal: publishing.signal,
      through: (broadcast) => cutThirds(broadcast, ["catalog.json", "video"]),
    });
    const timer = setTimeout(() => watching.abort(), 8000);
    try {
      await watch("rust", file, { ...way, signal: watching.signal });
      publishing.abort();
      await published;
      const { video = 0, audio = 0 } = await countFrames(file);
      assert.ok(video >= 60, `Expected 60 pictures, got ${video}`);
      assert.ok(audio >= 60, `Expected 60 pieces of sound, got ${audio}`);
    } finally {
      clearTimeout(timer);
      await Deno.remove(file);
    }
  },
});
