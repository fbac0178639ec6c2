/**
 * Groups that a session of ours cuts at every byte, each followed by a complete one,
 * and what the reader at the other end must see.
 *
 * @module
 */
import { groupOf } from "@moq-deno/lite/internal";
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  type Session,
  type TrackProducer,
  type TrackSubscription,
} from "@moq-deno/lite";
import type { GroupLog, GroupWatcher } from "./group_log.ts";

// A frame with one byte each for delta and size; an empty one; one with two bytes each and 70 of payload.
const FRAMES = Uint8Array.from([
  ...[2, 3, 120, 120, 120],
  ...[2, 0],
  ...[0x42, 0x58, 0x40, 70, ...new Array(70).fill(120)],
]);
/** Before each frame, inside and after each varint, inside payloads, and after the last byte. */
const CUTS: readonly number[] = Array.from(
  { length: FRAMES.byteLength + 1 },
  (_, at) => at,
).filter((at) => at < 14 || at >= FRAMES.byteLength - 1);

function writeWhole(track: TrackProducer, text: string): void {
  const payload = new TextEncoder().encode(text);
  track.writeFrame({ timestamp: 0, payload });
}

function cutByTest(): MoqError {
  return new MoqError("expired", "Cut by the test");
}

/** Cuts groups of `track` everywhere; the watcher must see each begin and be cut, and the next one complete. */
export async function cutEverywhere(
  track: TrackProducer,
  watcher: GroupWatcher,
): Promise<void> {
  for (const at of CUTS) {
    const [name, next] = [`cut ${at}`, `after ${at}`];
    const group = track.group();
    const payload = new TextEncoder().encode(name);
    group.writeFrame({ timestamp: 0, payload });
    await watcher.begun(name);
    group.append(FRAMES.subarray(0, at));
    group.close(cutByTest());
    writeWhole(track, next);
    assert.equal(await watcher.ended(next), "whole");
    assert.equal(await watcher.ended(name), "cut");
  }
  track.group().close(cutByTest());
  writeWhole(track, "after nothing");
  assert.equal(await watcher.ended("after nothing"), "whole");
}

/** Ends streams inside the GROUP header of subscription 0; to the peer of `session` that is how our resets look. */
export async function cutHeaders(
  session: Session,
  sequence: number,
): Promise<void> {
  const rest = session.version === "06"
    ? [3, 0, sequence, 0]
    : [2, 0, sequence];
  for (let bytes = 0; bytes <= rest.length; bytes++) {
    const stream = await session.transport.openUni();
    stream.write(Uint8Array.from([0, ...rest].slice(0, bytes)));
    stream.reset(0);
  }
}

/** Reads one of our tracks into a log. */
export async function logGroups(
  track: TrackSubscription,
  log: GroupLog,
): Promise<void> {
  const reading: Promise<void>[] = [];
  for await (const group of track) reading.push(log.read(textsOf(group)));
  await Promise.all(reading);
}

async function* textsOf(
  group: { frames(): AsyncIterable<{ readonly payload: Uint8Array }> },
): AsyncGenerator<string, void> {
  for await (const { payload } of group.frames()) {
    yield new TextDecoder().decode(payload);
  }
}

/** `broadcast` with every third group cut in the middle, except in the named tracks. */
export function cutThirds(
  broadcast: BroadcastProducer,
  whole: readonly string[],
): BroadcastProducer {
  const cut = new BroadcastProducer();
  const run = async (): Promise<void> => {
    for await (const request of cut.requests()) {
      const { name } = request;
      const source = broadcast.consume().track(name);
      const track = request.accept(await source.info());
      // Ends with the broadcast.
      void copyGroups(source.subscribe({ maxAgeMs: 1000 }), track, {
        isCut: whole.includes(name) ? () => false : (group) => group % 3 === 1,
      });
    }
  };
  void run(); // Ends with the broadcast.
  return cut;
}

async function copyGroups(
  source: TrackSubscription,
  track: TrackProducer,
  { isCut }: { readonly isCut: (sequence: number) => boolean },
): Promise<void> {
  for await (const consumer of source) {
    const group = groupOf(consumer);
    const { sequence } = group;
    await Array.fromAsync(group.consume().frames());
    const copy = track.group(sequence);
    const { length } = group.log;
    if (isCut(sequence)) {
      copy.append(group.log.slice(0, Math.ceil(length / 2)));
      copy.close(cutByTest());
    } else {
      copy.append(group.log.slice(0, length));
      copy.close();
    }
  }
}
