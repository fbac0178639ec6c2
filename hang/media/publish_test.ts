import assert from "node:assert/strict";
import { BroadcastProducer, type Clock, MoqError } from "@moq-deno/lite";
import type { Media, MediaPacket } from "./media.ts";
import { publishMedia } from "./publish.ts";

/** A clock whose time the test sets; a wait ends the moment it begins. */
class HandClock implements Clock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  after(ms: number, then: () => void): () => void {
    let isCancelled = false;
    queueMicrotask(() => {
      if (isCancelled) return;
      this.nowMs += ms;
      then();
    });
    return () => {
      isCancelled = true;
    };
  }
}

function soundOf(
  packets: () => AsyncIterable<MediaPacket>,
): Media {
  return {
    format: "test",
    tracks: [{
      kind: "audio",
      config: { codec: "opus", sampleRate: 48000, numberOfChannels: 1 },
      packets,
    }],
    skipped: [],
    isRewindable: true,
    close: () => {},
  };
}

const packetAt = (ms: number): MediaPacket => ({
  timestampUs: ms * 1000,
  durationUs: 20_000,
  isKeyframe: true,
  data: Uint8Array.of(1),
});

Deno.test("publishMedia ends its tracks with the error of media that fails", async () => {
  const broadcast = new BroadcastProducer();
  const publication = publishMedia(
    broadcast,
    soundOf(async function* () {
      yield packetAt(0);
      throw new MoqError("decode", "Expected a box, got noise");
    }),
    { clock: new HandClock() },
  );
  const subscription = broadcast.consume().track("audio").subscribe();
  const error = await publication.closed;
  assert.equal(error?.message, "Expected a box, got noise");
  await assert.rejects(Array.fromAsync(subscription), { code: "decode" });
});

Deno.test("publishMedia goes on from where it was after the process was asleep", async () => {
  const clock = new HandClock();
  const sentAtMs: number[] = [];
  const publication = publishMedia(
    new BroadcastProducer(),
    soundOf(async function* () {
      for (let ms = 0; ms < 100; ms += 20) {
        if (ms === 40) clock.nowMs += 60_000;
        sentAtMs.push(clock.now());
        yield packetAt(ms);
      }
    }),
    { clock },
  );
  assert.equal(await publication.closed, undefined);
  // Each packet is read after the one before it was sent.
  assert.deepEqual(sentAtMs, [0, 0, 60_020, 60_020, 60_040]);
  assert.equal(publication.startMs, 59_980);
});

Deno.test("publishMedia does not spin on a loop of media without packets", async () => {
  const publication = publishMedia(
    new BroadcastProducer(),
    soundOf(async function* () {}),
    { clock: new HandClock(), loop: true },
  );
  assert.equal((await publication.closed)?.code, "decode");
});

Deno.test("publishMedia names further tracks of a kind by number", async () => {
  const [track] = soundOf(async function* () {}).tracks;
  const media = { ...soundOf(async function* () {}), tracks: [track!, track!] };
  const publication = publishMedia(new BroadcastProducer(), media, {
    clock: new HandClock(),
  });
  assert.deepEqual(Object.keys(publication.catalog.audio!.renditions), [
    "audio",
    "audio2",
  ]);
  await publication.closed;
});

/** A live source of pictures, and of sound that the test lets come. */
function liveMedia(sound: AsyncIterable<MediaPacket>): Media {
  const audio = soundOf(() => sound).tracks[0]!;
  const video: Media["tracks"][number] = {
    kind: "video",
    config: { codec: "vp8" },
    rotation: 0,
    isInOrder: true,
    async *packets() {
      for (let ms = 0; ms < 4000; ms += 40) yield packetAt(ms);
    },
  };
  return {
    ...soundOf(() => sound),
    tracks: [video, audio],
    isRewindable: false,
  };
}

Deno.test("publishMedia sends the pictures of a pipe whose sound fell silent", async () => {
  const silence = Promise.withResolvers<void>();
  const broadcast = new BroadcastProducer();
  const publication = publishMedia(
    broadcast,
    liveMedia((async function* () {
      yield packetAt(0);
      await silence.promise;
    })()),
    { clock: new HandClock() },
  );
  const pictures = broadcast.consume().track("video").subscribe();
  let groups = 0;
  for await (const _ of pictures) if (++groups === 100) break;
  silence.resolve();
  assert.equal(await publication.closed, undefined);
});

Deno.test("publishMedia goes on with the other tracks when one fails", async () => {
  const warnings: string[] = [];
  const publication = publishMedia(
    new BroadcastProducer(),
    liveMedia((async function* () {
      yield packetAt(0);
      throw new MoqError("decode", "Expected sound, got noise");
    })()),
    {
      clock: new HandClock(),
      log: { warn: (message) => warnings.push(message) },
    },
  );
  assert.equal(
    (await publication.closed)?.message,
    "Expected sound, got noise",
  );
  assert.equal(publication.stats.frames, 101);
  assert.deepEqual(warnings, ["track ended, the others go on"]);
});

Deno.test("publishMedia adds a track that comes later to the catalog", async () => {
  const [late] = soundOf(async function* () {
    yield packetAt(2000);
  }).tracks;
  const media: Media = {
    ...liveMedia((async function* () {})()),
    async *late() {
      yield late!;
    },
  };
  const publication = publishMedia(
    new BroadcastProducer(),
    { ...media, tracks: media.tracks.slice(0, 1) },
    { clock: new HandClock() },
  );
  assert.equal(publication.catalog.audio, undefined);
  assert.equal(await publication.closed, undefined);
  assert.deepEqual(Object.keys(publication.catalog.audio!.renditions), [
    "audio",
  ]);
  assert.equal(publication.stats.frames, 101);
});
