import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { Network } from "./network.ts";
const text = (s: string) => new TextEncoder().encode(s);
for (const version of ["06", "05", "04", "03"] as const) {
  Deno.test(`relay carries groups (${version})`, async () => {
    const net = new Network({ version });
    try {
      const a = net.connect();
      const b = net.connect();
      const broadcast = new BroadcastProducer();
      const track = broadcast.createTrack("chat");
      a.publish("room/alice", broadcast);
      for await (const event of b.announced()) {
        assert.equal(event.path, "room/alice");
        break;
      }
      const got: string[] = [];
      const sub = b.consume("room/alice").track("chat").subscribe();
      track.writeFrame({ timestamp: 1, payload: text("hello") });
      const reading = (async () => {
        for await (const group of sub) {
          for await (const frame of group.frames()) {
            got.push(new TextDecoder().decode(frame.payload));
            if (got.length === 3) return;
            if (got.length === 1) {
              track.writeFrame({ timestamp: 2, payload: text("two") });
              track.writeFrame({ timestamp: 3, payload: text("three") });
            }
          }
        }
      })();
      await reading;
      assert.deepEqual(got.sort(), ["hello", "three", "two"]);
    } finally {
      await net.close();
    }
  });
}
