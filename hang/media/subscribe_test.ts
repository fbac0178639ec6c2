import assert from "node:assert/strict";
import { BroadcastProducer, type Clock, Origin } from "@moq-deno/lite";
import { CatalogProducer } from "../catalog/producer.ts";
import { legacyContainer } from "../container/legacy.ts";
import { subscribeMedia } from "./subscribe.ts";

const SOUND = { codec: "opus", sampleRate: 48000, numberOfChannels: 1 };

Deno.test("subscribeMedia takes the first readable rendition that is not stalled", async () => {
  const broadcast = new BroadcastProducer();
  const catalog = new CatalogProducer(broadcast);
  const media = subscribeMedia(broadcast.consume());
  catalog.update({});
  catalog.update({
    video: {
      renditions: {
        future: { codec: "vp8", container: { kind: "warp" } },
        broken: { codec: "vp8", container: { kind: "cmaf", init: "AAAA" } },
        elsewhere: { codec: "vp8", broadcast: "../other" },
        stalled: { codec: "vp8", stalled: true },
        good: { codec: "vp8" },
      },
    },
    audio: { renditions: { sound: { ...SOUND, container: { kind: "loc" } } } },
  });
  const { video, audio, close } = await media;
  assert.equal(video?.name, "good");
  assert.equal(audio?.name, "sound");
  await close();
  await close();
});

Deno.test("subscribeMedia follows a rendition into another broadcast", async () => {
  const source = new Origin();
  const [small, original] = [new BroadcastProducer(), new BroadcastProducer()];
  source.publish("film/small", small);
  source.publish("film/original", original);
  new CatalogProducer(small).update({
    video: {
      renditions: {
        out: { codec: "vp8", broadcast: "../../secret" },
        hd: { codec: "vp8", broadcast: "./original" },
      },
    },
    audio: { renditions: { sound: SOUND } },
  });
  const video = original.createTrack("hd", { timescale: 1_000_000 });
  small.createTrack("sound");
  const warnings: unknown[] = [];
  const media = await subscribeMedia(source.consume("film/small"), {
    related: { path: "film/small", source },
    log: { warn: (_, fields) => warnings.push(fields?.error) },
  });
  const data = Uint8Array.of(1, 2, 3);
  const payload = legacyContainer.encode({ timestampUs: 5, data });
  video.writeFrame({ timestamp: 5, payload });
  for await (const sample of media.video!.samples()) {
    assert.deepEqual(sample.data, data);
    break;
  }
  assert.equal(media.video!.name, "hd");
  assert.match(String(warnings[0]), /below the root, got "\.\.\/\.\.\/secret"/);
  await media.close();
});

/** A clock that a test lets run out. */
class HandClock implements Clock {
  readonly #wait = Promise.withResolvers<() => void>();
  /** What ends the wait, once there is one. */
  readonly wait = this.#wait.promise;

  now(): number {
    return 0;
  }

  after(_ms: number, then: () => void): () => void {
    this.#wait.resolve(then);
    return () => {};
  }
}

const VIDEO = { renditions: { video: { codec: "vp8" } } };
const AUDIO = { renditions: { audio: SOUND } };

/** A picture as a group of its own. */
const pictureAt = (timestampUs: number) => ({
  timestamp: timestampUs,
  payload: legacyContainer.encode({ timestampUs, data: Uint8Array.of(1) }),
});

Deno.test("subscribeMedia receives sound that joins soon, and loses no picture", async () => {
  const broadcast = new BroadcastProducer();
  const catalog = new CatalogProducer(broadcast);
  const video = broadcast.createTrack("video", { timescale: 1_000_000 });
  broadcast.createTrack("audio", { timescale: 1_000_000 });
  const clock = new HandClock();
  const options = { joinMs: 3000, clock };
  const opening = subscribeMedia(broadcast.consume(), options);
  catalog.update({ video: VIDEO });
  video.writeFrame(pictureAt(0));
  video.writeFrame(pictureAt(40_000));
  catalog.update({ video: VIDEO, audio: AUDIO });
  video.close();
  const media = await opening;
  assert.equal(media.audio?.name, "audio");
  assert.deepEqual(Object.keys(media.catalog), ["video", "audio"]);
  const samples = await Array.fromAsync(media.video!.samples());
  assert.equal(samples.at(-1)?.timestampUs, 40_000);
  await media.close();
});

Deno.test("subscribeMedia: sound that joins too late is named", async () => {
  const broadcast = new BroadcastProducer();
  const catalog = new CatalogProducer(broadcast);
  broadcast.createTrack("video");
  const clock = new HandClock();
  const named = Promise.withResolvers<string>();
  const opening = subscribeMedia(broadcast.consume(), {
    joinMs: 3000,
    clock,
    log: { warn: (words, fields) => named.resolve(`${words} ${fields?.name}`) },
  });
  catalog.update({ video: VIDEO });
  (await clock.wait)();
  const media = await opening;
  assert.equal(media.audio, undefined);
  catalog.update({ video: VIDEO, audio: AUDIO });
  assert.match(await named.promise, /^audio joined too late .* audio$/);
  await media.close();
});

Deno.test("subscribeMedia does not wait for sound in an older broadcast", async () => {
  const broadcast = new BroadcastProducer();
  const catalog = new CatalogProducer(broadcast);
  const video = broadcast.createTrack("video", { timescale: 1_000_000 });
  for (let n = 0; n < 20; n++) video.writeFrame(pictureAt(n * 1_000_000));
  catalog.update({ video: VIDEO });
  for (const audio of [undefined, false] as const) {
    const clock = new HandClock();
    const media = await subscribeMedia(broadcast.consume(), {
      joinMs: 3000,
      clock,
      audio,
    });
    assert.equal(media.audio, undefined);
    await media.close();
  }
});

Deno.test("subscribeMedia: the wait for what joins ends with the signal's reason", async () => {
  const broadcast = new BroadcastProducer();
  broadcast.createTrack("video");
  new CatalogProducer(broadcast).update({ video: VIDEO });
  const stop = new AbortController();
  const clock = new HandClock();
  const media = subscribeMedia(broadcast.consume(), {
    joinMs: 3000,
    clock,
    signal: stop.signal,
  });
  await clock.wait;
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(media, reason);
});

Deno.test("subscribeMedia says so when a broadcast ends without anything to read", async () => {
  const broadcast = new BroadcastProducer();
  const catalog = new CatalogProducer(broadcast);
  const media = subscribeMedia(broadcast.consume());
  catalog.update({ scte35: {} });
  catalog.close();
  await assert.rejects(media, { code: "unsupported" });
});

Deno.test("subscribeMedia ends the wait for a catalog with the signal's reason", async () => {
  const broadcast = new BroadcastProducer();
  new CatalogProducer(broadcast);
  const stop = new AbortController();
  const media = subscribeMedia(broadcast.consume(), { signal: stop.signal });
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(media, reason);
});

Deno.test("TrackReader keeps what came before a group was cut", async () => {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("sound", { timescale: 1_000_000 });
  const catalog = new CatalogProducer(broadcast);
  catalog.update({ audio: { renditions: { sound: SOUND } } });
  const { audio, close } = await subscribeMedia(broadcast.consume());
  const frame = (timestampUs: number) => ({
    timestamp: timestampUs,
    payload: legacyContainer.encode({ timestampUs, data: Uint8Array.of(1) }),
  });
  const cut = track.group();
  cut.writeFrame(frame(0));
  // Not a varint and its bytes: the rest of this group is lost, and only that.
  cut.writeFrame({ timestamp: 1, payload: Uint8Array.of(0xff) });
  track.writeFrame(frame(20_000));
  track.close();
  const samples = await Array.fromAsync(audio!.samples());
  assert.deepEqual(samples.map(({ timestampUs }) => timestampUs), [0, 20_000]);
  await close();
});

Deno.test("TrackReader ends a waiting reader cleanly when it is closed", async () => {
  const broadcast = new BroadcastProducer();
  broadcast.createTrack("sound");
  const catalog = new CatalogProducer(broadcast);
  catalog.update({ audio: { renditions: { sound: SOUND } } });
  const { audio, close } = await subscribeMedia(broadcast.consume());
  const next = audio!.samples().next();
  await close();
  assert.equal((await next).done, true);
});
