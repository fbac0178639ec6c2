import assert from "node:assert/strict";
import { Cache, GroupProducer } from "@moq-deno/lite";
import { MemoryStore } from "./memory_store.ts";
import { Recorder } from "./recorder.ts";
import { Recording } from "./recording.ts";
import { MediaTimes } from "./schedule.ts";

const SECOND_MS = 1000;
const INFO = { priority: 1, maxAgeMs: 1000, timescale: 1000 };
const START_MS = 1e12;

/** A group of a track: when it came and when it says that it begins, in seconds; its number, when it is not the next. */
type Came = readonly [
  track: "video" | "sound",
  arrival: number,
  start: number,
  sequence?: number,
];

function timesOf(groups: readonly Came[]): Record<string, number[]> {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  const config = { codec: "vp8" };
  recorder.addCatalog({
    video: { renditions: { video: config, sound: config } },
  });
  for (const [name, arrival, start, sequence] of groups) {
    const { log } = recorder.track(name, INFO);
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    const timestamp = start * SECOND_MS;
    group.writeFrame({ timestamp, payload: Uint8Array.of(1) });
    log.append(group.log.slice(0, group.log.length), {
      sequence: sequence ?? log.entries.length,
      arrivalMs: START_MS + arrival * SECOND_MS,
    });
  }
  recorder.close();
  // The take is written with a group that is recorded; here it is the whole recording.
  const recording = Recording.open(store);
  recording.takes.push({ startMs: START_MS });
  for (const { takes } of recording.tracks.values()) {
    takes.push({ first: 0, base: 0 });
  }
  const times = new MediaTimes(recording);
  return Object.fromEntries(
    ["video", "sound"].flatMap((name) => {
      const schedule = times.scheduleOf(name);
      return schedule
        ? [[
          name,
          schedule.entries.map((one) => schedule.groupDueMs(one) / SECOND_MS),
        ]]
        : [];
    }),
  );
}

Deno.test("MediaTimes: time goes on where the publisher's clock jumps", () => {
  for (const jump of [3600, -3600, -5]) {
    const groups = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((second): Came[] => {
      const start = 5000 + second + (second >= 4 ? jump : 0);
      return [["video", second + 1, start], ["sound", second + 1, start]];
    });
    const due = [0, 1, 2, 3, 4, 5, 6, 7];
    assert.deepEqual(timesOf(groups), { video: due, sound: due });
  }
});

Deno.test("MediaTimes: a pause stays a pause, however the clock goes on", () => {
  for (const start of [100, 40, 0]) {
    const { video } = timesOf([
      ...[0, 1, 2].map((at): Came => ["video", at, at]),
      ...[0, 1].map((at): Came => ["video", 100 + at, start + at]),
    ]);
    const [, , last, next, end] = video!;
    assert.equal(last, 2);
    assert.ok(Math.abs(next! - 100) <= 2, `due after ${next} s`);
    assert.equal(end! - next!, 1);
  }
});

Deno.test("MediaTimes: a group that was fetched later is no jump", () => {
  const { video } = timesOf([
    ...[0, 1].map((at): Came => ["video", at, at, at]),
    ...[3, 4, 5].map((at): Came => ["video", at, at, at]),
    ["video", 60, 2, 2],
    ["video", 61, 61, 61],
  ]);
  assert.deepEqual(video, [0, 1, 2, 3, 4, 5, 61]);
});
