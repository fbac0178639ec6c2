/**
 * What must pass through a relay, whatever way it was packaged.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AnnounceEvent,
  BroadcastProducer,
  type Session,
} from "@moq-deno/lite";
import {
  type Media,
  openMedia,
  publishMedia,
  subscribeMedia,
} from "@moq-deno/hang/media";
import { ROOT } from "./process.ts";

const PATIENCE_MS = 20_000;
let passes = 0;

/** Publishes a group of three frames and reads it back. */
export async function passGroup(
  publisher: Session,
  subscriber: Session,
): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const broadcast = new BroadcastProducer();
  const group = broadcast.createTrack("numbers").group();
  for (const timestamp of [1, 2, 3]) {
    group.writeFrame({ timestamp, payload: new Uint8Array([timestamp]) });
  }
  group.close();
  // The relay may still announce what the publisher of the last call had.
  const path = `test/group${++passes}`;
  publisher.publish(path, broadcast);
  await announced(subscriber.announced(path, signal));
  const track = subscriber.consume(path).track("numbers");
  for await (const received of track.subscribe({ signal })) {
    const payloads: number[][] = [];
    for await (const { payload } of received.frames(signal)) {
      payloads.push([...payload]);
    }
    assert.deepEqual(payloads, [[1], [2], [3]]);
    return;
  }
  assert.fail("The track ended without a group");
}

/** Publishes the demo's clip and compares the received pictures of more than one group with those in the file. */
export async function passMedia(
  publisher: Session,
  subscriber: Session,
): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const clip = await Deno.readFile(new URL("examples/demo/clip.mp4", ROOT));
  const media = await openMedia(clip, { signal });
  const sent = await picturesOf(media);
  const broadcast = new BroadcastProducer();
  const publication = publishMedia(broadcast, media, { signal });
  try {
    publisher.publish("test/clip", broadcast);
    await announced(subscriber.announced("test/clip", signal));
    const consumer = subscriber.consume("test/clip");
    const watched = await subscribeMedia(consumer, { signal });
    assert.ok(watched.video && watched.audio, "Expected picture and sound");
    const groups = new Set<number>();
    for await (const sample of watched.video.samples(signal)) {
      groups.add(sample.group);
      assert.deepEqual(sample.data, sent.get(sample.timestampUs));
      if (groups.size === 2) break;
    }
    assert.equal(groups.size, 2);
    for await (const { data } of watched.audio.samples(signal)) {
      assert.ok(data.byteLength > 0);
      break;
    }
    await watched.close();
  } finally {
    publication.close();
    await publication.closed;
    media.close();
  }
}

/** Waits for the first announcement. */
async function announced(events: AsyncIterable<AnnounceEvent>): Promise<void> {
  for await (const { kind } of events) {
    if (kind === "start") return;
  }
  assert.fail("The session ended without an announcement");
}

/** The pictures of a file by timestamp. */
async function picturesOf(media: Media): Promise<Map<number, Uint8Array>> {
  const pictures = new Map<number, Uint8Array>();
  const video = media.tracks.find(({ kind }) => kind === "video");
  for await (const { timestampUs, data } of video?.packets() ?? []) {
    pictures.set(timestampUs, data);
  }
  return pictures;
}
