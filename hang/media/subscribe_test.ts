import assert from "node:assert/strict";
import { BroadcastProducer, Origin } from "@moq-deno/lite";
import { CatalogProducer } from "../catalog/producer.ts";
import { legacyContainer } from "../container/legacy.ts";
import { subscribeMedia } from "./subscribe.ts";

const SOUND = { codec: "opus", sampleRate: 48000, numberOfChannels: 1 };

Deno.test("subscribeMedia takes the first rendition that it can read and that is not stalled", async () => {
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

Deno.test("subscribeMedia follows a rendition into the broadcast that has it, and ignores what leads outside", async () => {
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

Deno.test("TrackReader keeps what came before a group was cut, and goes on with the next group", async () => {
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

Deno.test("TrackReader ends its samples in good order when it is closed while somebody waits", async () => {
  const broadcast = new BroadcastProducer();
  broadcast.createTrack("sound");
  const catalog = new CatalogProducer(broadcast);
  catalog.update({ audio: { renditions: { sound: SOUND } } });
  const { audio, close } = await subscribeMedia(broadcast.consume());
  const next = audio!.samples().next();
  await close();
  assert.equal((await next).done, true);
});
