import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { MAX_GROUP_FRAMES, SILENT } from "@moq-deno/lite/internal";
import { legacyContainer } from "../container/legacy.ts";
import { TrackWriter } from "./track_writer.ts";

Deno.test("TrackWriter gives up a group that got too large", async () => {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  const warnings: string[] = [];
  const writer = new TrackWriter({
    track,
    container: legacyContainer,
    kind: "video",
    log: {
      ...SILENT,
      warn: (message, fields) => warnings.push(`${message}: ${fields?.error}`),
    },
  });
  const packet = (index: number, isKeyframe: boolean) => ({
    timestampUs: index,
    durationUs: 1,
    isKeyframe,
    data: Uint8Array.of(1),
  });
  const subscription = track.consume().subscribe({ from: "all" });
  writer.write(packet(0, false));
  assert.equal(writer.groups, 0, "nothing before the first keyframe");
  for (let index = 0; index <= MAX_GROUP_FRAMES + 5; index++) {
    writer.write(packet(index, index === 0));
  }
  writer.write(packet(MAX_GROUP_FRAMES + 6, true));
  writer.close();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /given up: .*8192.* dropped until the next keyf/);
  assert.equal(writer.frames, MAX_GROUP_FRAMES + 1);
  const first = await subscription.next();
  await assert.rejects(Array.fromAsync(first!.frames()), { code: "too-large" });
  const second = await subscription.next();
  assert.equal((await Array.fromAsync(second!.frames())).length, 1);
});
