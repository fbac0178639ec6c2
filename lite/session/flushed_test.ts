import assert from "node:assert/strict";
import { BroadcastProducer } from "../model/broadcast.ts";
import { simulatedPair } from "../transport/simulated.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { protocolOf } from "../wire/version.ts";
import { openSession } from "./session.ts";

Deno.test("Session.flushed: resolves when what was written has arrived", async () => {
  const clock = new VirtualClock();
  // 100 kB take 8 s over this path.
  const [one, other] = simulatedPair({
    clock,
    protocol: protocolOf("06"),
    bandwidthBps: 100_000,
    queueBytes: 1 << 20,
  });
  const publisher = openSession(one, { clock });
  const viewer = openSession(other, { clock });
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  publisher.publish("film", broadcast);
  const groups = viewer.consume("film").track("video").subscribe();
  track.writeFrame({ timestamp: 0, payload: new Uint8Array(100_000) });
  await clock.run(groups.next());

  const stop = new AbortController();
  const reason = new Error("enough");
  const given = assert.rejects(publisher.flushed(stop.signal), reason);
  await clock.advance(1000);
  stop.abort(reason);
  await clock.run(given);
  assert.ok(viewer.stats.receivedBytes < 50_000);

  await clock.run(publisher.flushed());
  assert.ok(viewer.stats.receivedBytes > 100_000);
  publisher.close();
  await clock.run(viewer.closed);
});
