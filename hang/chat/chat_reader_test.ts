import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  type TrackProducer,
} from "@moq-deno/lite";
import { VirtualClock } from "@moq-deno/lite/testing";
import { ChatReader, type ReceivedMessage } from "./chat_reader.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function write(track: TrackProducer, sequence: number, text: string): void {
  const group = track.group(sequence);
  const timestamp = sequence * 10_000;
  group.writeFrame({ timestamp, payload: encoder.encode(text) });
  group.close();
}

function openTrack(): TrackProducer {
  return new BroadcastProducer().createTrack("message");
}

class Reading {
  readonly texts: string[] = [];
  readonly #end = new AbortController();
  readonly done: Promise<MoqError | undefined>;

  constructor(reader: ChatReader, track: TrackProducer, history = 50) {
    const clock = new VirtualClock();
    const options = { history, clock, signal: this.#end.signal };
    this.done = this.#run(reader.read(track.consume(), options));
  }

  async settle(): Promise<string[]> {
    await new VirtualClock().advance(1);
    return this.texts;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.done;
  }

  async #run(
    messages: AsyncIterable<ReceivedMessage>,
  ): Promise<MoqError | undefined> {
    try {
      for await (const { payload } of messages) {
        this.texts.push(decoder.decode(payload));
      }
    } catch (error) {
      if (error instanceof MoqError) return error;
      if (!this.#end.signal.aborted) throw error;
    }
    return undefined;
  }
}

Deno.test("ChatReader: a late reader gets a bounded history", async () => {
  const track = openTrack();
  for (let at = 2048; at < 2056; at++) write(track, at, `${at}`);
  const all = new Reading(new ChatReader(), track);
  assert.deepEqual(await all.settle(), [
    ...["2048", "2049", "2050", "2051", "2052", "2053", "2054", "2055"],
  ]);
  write(track, 2056, "now");
  assert.equal((await all.settle()).at(-1), "now");
  const few = new Reading(new ChatReader(), track, 2);
  assert.deepEqual(await few.settle(), ["2053", "2054", "2055", "now"]);
  await Promise.all([all.stop(), few.stop()]);
});

Deno.test("ChatReader: reordered and dropped groups are read in order, once", async () => {
  const track = openTrack();
  const reading = new Reading(new ChatReader(), track);
  write(track, 1024, "a");
  await reading.settle();
  // 1025 is not here when 1026 comes, and comes later: too late to be in order.
  write(track, 1026, "c");
  await reading.settle();
  write(track, 1025, "b");
  write(track, 1027, "d");
  assert.deepEqual(await reading.settle(), ["a", "c", "d"]);
  await reading.stop();
});

Deno.test("ChatReader: goes on where a writer was, unless its numbers restart", async () => {
  const reader = new ChatReader();
  const track = openTrack();
  write(track, 1024, "a");
  const before = new Reading(reader, track);
  assert.deepEqual(await before.settle(), ["a"]);
  await before.stop();
  write(track, 1025, "meanwhile");
  write(track, 1026, "and now");
  const after = new Reading(reader, track);
  assert.deepEqual(await after.settle(), ["meanwhile", "and now"]);
  await after.stop();
  const again = new Reading(reader, track);
  assert.deepEqual(await again.settle(), []);
  await again.stop();
  // Another program numbers from 0 whenever it begins.
  for (const text of ["first life", "second life"]) {
    const other = openTrack();
    const group = other.group(0);
    const timestamp = 1e9 + text.length;
    group.writeFrame({ timestamp, payload: encoder.encode(text) });
    group.close();
    const reading = new Reading(reader, other);
    assert.deepEqual(await reading.settle(), [text]);
    await reading.stop();
  }
});

Deno.test("ChatReader: a group that grows too large ends the reading", async () => {
  const track = openTrack();
  const reading = new Reading(new ChatReader(), track);
  const group = track.group(1024);
  // The header of a frame of 1 MiB, and a tenth of it.
  group.append(Uint8Array.of(0, 0x80, 0x10, 0, 0));
  group.append(new Uint8Array(100_000));
  const error = await reading.done;
  assert.equal(error?.code, "too-large");
  assert.deepEqual(reading.texts, []);
});
