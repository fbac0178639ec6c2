import assert from "node:assert/strict";
import { BroadcastProducer, type TrackProducer } from "@moq-deno/lite";
import { CatalogProducer } from "../catalog/producer.ts";
import { MemoryStore } from "./memory_store.ts";
import { Recorder } from "./recorder.ts";
import { Recording } from "./recording.ts";
import { Timeline } from "./timeline.ts";

const MICROSECONDS = 1_000_000;

/** A publisher of one video whose groups are a second each. */
class Publisher {
  readonly broadcast = new BroadcastProducer();
  readonly #catalog = new CatalogProducer(this.broadcast);
  readonly #video: TrackProducer;

  constructor() {
    const config = { codec: "vp8", codedWidth: 16, codedHeight: 16 };
    this.#catalog.update({ video: { renditions: { video: config } } });
    this.#video = this.broadcast.createTrack("video", {
      timescale: MICROSECONDS,
    });
  }

  /** Group `sequence`, which says so. */
  write(sequence: number, text = `group ${sequence}`): void {
    const group = this.#video.group(sequence);
    const payload = new TextEncoder().encode(text);
    group.writeFrame({ timestamp: sequence * MICROSECONDS, payload });
    group.close();
  }

  close(): void {
    this.#video.close();
    this.#catalog.close();
    this.broadcast.close();
  }
}

const signal = new AbortController().signal;

/** Another run of the program on the same store, up to `total` groups in it. */
async function take(
  store: MemoryStore,
  { publisher, from, to, total, text }: {
    readonly publisher: string | undefined;
    readonly total: number;
    readonly from: number;
    readonly to: number;
    readonly text?: string;
  },
): Promise<void> {
  const recorder = new Recorder({ store, name: "film" });
  const source = new Publisher();
  const running = recorder.run(source.broadcast.consume(), {
    publisher,
    signal,
  });
  for (let sequence = from; sequence <= to; sequence++) {
    source.write(sequence, text);
  }
  const { recording } = recorder;
  while (numbers(recording).length < total) await recording.changed.changed();
  source.close();
  await running;
  recorder.close();
}

function numbers(recording: Recording): number[] {
  const entries = recording.tracks.get("video")?.log.entries ?? [];
  return entries.map(({ sequence }) => sequence);
}

Deno.test("Recorder goes on in a recording: groups once, and time goes on", async () => {
  const store = new MemoryStore();
  await take(store, { publisher: "a", from: 0, to: 2, total: 3 });
  await take(store, { publisher: "a", from: 1, to: 4, total: 5 });
  let recording = Recording.open(store);
  assert.deepEqual(numbers(recording), [0, 1, 2, 3, 4]);
  assert.deepEqual(recording.offsetsUs(), [0, 0]);
  assert.equal(recording.interruptions()[0]!.isOtherPublisher, false);

  await take(store, { publisher: "b", from: 0, to: 1, total: 7 });
  recording = Recording.open(store);
  assert.deepEqual(numbers(recording), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(recording.missing(), []);
  // Group 3 was the first of the take before; this one's first says 0.
  const { entries } = recording.tracks.get("video")!.log;
  const passedMs = entries[5]!.arrivalMs - entries[3]!.arrivalMs;
  assert.deepEqual(recording.offsetsUs(), [
    0,
    0,
    3 * MICROSECONDS + passedMs * 1000,
  ]);
});

Deno.test("Recorder keeps the groups of a publisher that counts from 0 again", async () => {
  const store = new MemoryStore();
  await take(store, { publisher: "a", from: 0, to: 3, total: 4 });
  await take(store, {
    publisher: "a",
    from: 0,
    to: 1,
    total: 6,
    text: "another",
  });
  const recording = Recording.open(store);
  assert.deepEqual(numbers(recording), [0, 1, 2, 3, 4, 5]);
});

Deno.test("Recorder refuses a store with something else in it", async () => {
  const store = new MemoryStore();
  await take(store, { publisher: "a", from: 0, to: 0, total: 1 });
  assert.throws(
    () => new Recorder({ store, name: "other" }),
    /recording of other, memory has one of film/,
  );
  const full = new MemoryStore();
  full.bytes.set("letter.txt", new Uint8Array(1));
  assert.throws(
    () => new Recorder({ store: full, name: "film" }),
    /memory has other files/,
  );
});

Deno.test("Timeline cuts segments of two seconds, and where a take begins", async () => {
  const store = new MemoryStore();
  await take(store, { publisher: "a", from: 0, to: 4, total: 5 });
  await take(store, { publisher: "b", from: 0, to: 2, total: 8 });
  const records = new Timeline(Recording.open(store)).records();
  assert.deepEqual(
    records.map(({ segment, pts, duration, tracks }) => [
      ...[segment, pts, duration],
      ...tracks.video!.map(({ start, end }) => `${start}-${end}`),
    ]),
    [
      [0, 0, 2000, "0-1"],
      [1, 2000, 2000, "2-3"],
      [2, 4000, 2000, "4-4"],
      [3, 0, 2000, "5-6"],
      [4, 2000, 2000, "7-7"],
    ],
  );
});
