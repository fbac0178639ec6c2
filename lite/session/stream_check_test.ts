import assert from "node:assert/strict";
import { losesStreams } from "../../tests/faults/lost_streams.ts";
import { BroadcastProducer } from "../model/broadcast.ts";
import { memoryPair } from "../transport/memory.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { hasSetupStream, protocolOf, type Version } from "../wire/version.ts";
import { openSession, type Session } from "./session.ts";
import { PROMISED_MS } from "./stream_check.ts";

interface Pair {
  readonly clock: VirtualClock;
  readonly viewer: Session;
  readonly broadcast: BroadcastProducer;
  close(): Promise<void>;
}

function open(version: Version, most: number): Pair {
  const clock = new VirtualClock();
  const [ours, theirs] = memoryPair({ protocol: protocolOf(version) });
  const viewer = openSession(losesStreams(ours, most), { clock });
  const publisher = openSession(theirs, { clock });
  const broadcast = new BroadcastProducer();
  publisher.publish("room", broadcast);
  return {
    clock,
    viewer,
    broadcast,
    async close() {
      viewer.close();
      await Promise.all([viewer.closed, publisher.closed]);
    },
  };
}

const payload = new Uint8Array([1]);

for (const version of ["06", "05", "04", "03"] as const) {
  Deno.test(`checkStreams: tells lost streams from a silent track on ${version}`, async () => {
    const setups = hasSetupStream(version) ? 1 : 0;
    for (const [most, isFine] of [[Infinity, true], [setups + 1, false]]) {
      const { clock, viewer, broadcast, close } = open(version, Number(most));
      broadcast.createTrack("t").writeFrame({ timestamp: 0, payload });
      const reader = viewer.consume("room").track("t").subscribe();
      await reader.next();
      const check = viewer.checkStreams();
      await clock.advance(PROMISED_MS + 100);
      assert.equal(await check, isFine, `${most} streams`);
      reader.close();
      await close();
    }
  });
}

Deno.test("checkStreams: true if nothing is read", async () => {
  const { viewer, close } = open("06", 1);
  assert.equal(await viewer.checkStreams(), true);
  await close();
});

Deno.test("checkStreams: true if the session ends", async () => {
  const { viewer, broadcast, close } = open("06", 2);
  broadcast.createTrack("t").writeFrame({ timestamp: 0, payload });
  const reader = viewer.consume("room").track("t").subscribe();
  await reader.next();
  const check = viewer.checkStreams();
  await close();
  await assert.rejects(check, { code: "closed" });
});
