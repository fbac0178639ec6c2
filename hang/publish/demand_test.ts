import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { effect } from "../signals/signal.ts";
import { watchDemand } from "./demand.ts";

Deno.test("watchDemand: from the first reader to the last, and not after the end", async () => {
  const track = new BroadcastProducer().createTrack("video");
  const isWanted = watchDemand(track);
  const seen: boolean[] = [];
  const stop = effect(() => {
    seen.push(isWanted.get());
  });
  const settle = () => new Promise((done) => setImmediate(done));
  const one = track.consume().subscribe();
  const other = track.consume().subscribe();
  await settle();
  one.close();
  await settle();
  assert.deepEqual(seen, [false, true]);
  other.close();
  await settle();
  const last = track.consume().subscribe();
  await settle();
  track.close();
  await settle();
  assert.deepEqual(seen, [false, true, false, true, false]);
  last.close();
  stop();
});
