import assert from "node:assert/strict";
import { type ErrorCode, MoqError } from "../error.ts";
import { BroadcastProducer } from "./broadcast.ts";

const isCode = (code: ErrorCode) => (error: unknown) =>
  error instanceof MoqError && error.code === code;

Deno.test("BroadcastProducer.requests: one answer serves all waiters", async () => {
  const broadcast = new BroadcastProducer();
  const serving = (async () => {
    for await (const request of broadcast.requests()) {
      if (request.name !== "video") request.reject();
      else {request.accept({ timescale: 90_000 }).writeFrame({
          timestamp: 5,
          payload: new Uint8Array(1),
        });}
    }
  })();
  const consumer = broadcast.consume();
  const subscription = consumer.track("video").subscribe();
  assert.equal((await consumer.track("video").info()).timescale, 90_000);
  assert.equal((await subscription.next())?.sequence, 0);
  await assert.rejects(consumer.track("audio").info(), isCode("not-found"));
  broadcast.close();
  await serving;
});

Deno.test("Broadcast.track: refuses an unknown track if no loop answers requests", async () => {
  const broadcast = new BroadcastProducer();
  await assert.rejects(
    broadcast.consume().track("video").info(),
    isCode("not-found"),
  );
  broadcast.createTrack("video");
  assert.equal((await broadcast.consume().track("video").info()).priority, 127);
});

Deno.test("Broadcast.track: refuses more than 256 waiting requests", async () => {
  const broadcast = new BroadcastProducer();
  const requests = broadcast.requests();
  const first = requests.next();
  const consumer = broadcast.consume();
  for (let i = 0; i < 256; i++) void consumer.track(`t${i}`);
  await assert.rejects(consumer.track("more").info(), isCode("lagged"));
  const request = await first;
  assert.equal(request.value?.name, "t0");
  request.value!.accept();
  void consumer.track("fits again");
  await assert.rejects(consumer.track("more").info(), isCode("lagged"));
  await requests.return();
  broadcast.close();
});

Deno.test("BroadcastProducer.createTrack: refuses the name of an open track", () => {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  assert.throws(() => broadcast.createTrack("video"), TypeError);
  track.close();
  assert.notEqual(broadcast.createTrack("video").track, track.track);
});

Deno.test("BroadcastProducer.close ends every track with its error", async () => {
  const broadcast = new BroadcastProducer();
  const consumer = broadcast.consume();
  broadcast.createTrack("video");
  const subscription = consumer.track("video").subscribe();
  const why = new MoqError("going-away", "Moving");
  broadcast.close(why);
  await assert.rejects(subscription.next(), isCode("going-away"));
  await assert.rejects(consumer.track("video").info(), isCode("going-away"));
  assert.equal(await broadcast.closed, why);
});

Deno.test("Broadcast: track names over 1024 bytes are refused", async () => {
  const broadcast = new BroadcastProducer();
  const name = "é".repeat(513);
  assert.throws(
    () => broadcast.createTrack(name),
    (error) => error instanceof RangeError && /1024 bytes/.test(error.message),
  );
  assert.ok(broadcast.createTrack("é".repeat(512)));
  await assert.rejects(
    broadcast.consume().track(name).info(),
    (error) => error instanceof MoqError && error.code === "not-found",
  );
});
