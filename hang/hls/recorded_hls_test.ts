import assert from "node:assert/strict";
import { Cache, GroupProducer } from "@moq-deno/lite";
import { encodeEntry } from "../record/group_index.ts";
import { MemoryStore } from "../record/memory_store.ts";
import { Recorder } from "../record/recorder.ts";
import { Recording } from "../record/recording.ts";
import { Timeline } from "../record/timeline.ts";
import { RecordedHls } from "./recorded_hls.ts";

const MICROSECONDS = 1_000_000;
const INFO = { priority: 1, maxAgeMs: 1000, timescale: MICROSECONDS };
const CONFIG = { codec: "avc1.42c01e", codedWidth: 16, codedHeight: 16 };
const signal = new AbortController().signal;

/** A recording whose tracks have a group at each of these times. */
function recordingOf(
  starts: readonly (readonly [string, readonly number[]])[],
) {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  const renditions = Object.fromEntries(
    starts.map(([name]) => [name, CONFIG]),
  );
  recorder.addCatalog({ video: { renditions } });
  for (const [name, seconds] of starts) {
    const { log } = recorder.track(name, INFO);
    for (const [sequence, second] of seconds.entries()) {
      const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
      const timestamp = second * MICROSECONDS;
      group.writeFrame({ timestamp, payload: new Uint8Array(30) });
      const bytes = group.log.slice(0, group.log.length);
      log.append(bytes, { sequence, arrivalMs: 1e12 + sequence * 1000 });
    }
  }
  recorder.close();
  return Recording.open(store);
}

Deno.test("RecordedHls: renditions may have any name and end early", async () => {
  for (const name of ["constructor", "toString", "__proto__", "x"]) {
    const recording = recordingOf([
      ["video", [0, 1, 2, 3, 4, 5, 6, 7]],
      [name, [0, 1]],
    ]);
    const records = JSON.parse(
      JSON.stringify(new Timeline(recording).records()),
    );
    assert.ok(Object.hasOwn(records[0].tracks, name));
    assert.ok(!Object.hasOwn(records[1].tracks, name));
    const hls = new RecordedHls(recording);
    const renditions = await hls.renditions(signal);
    assert.deepEqual(renditions.map((one) => one.name), ["video", name]);
    for (const one of renditions) {
      const segments = (await one.playlist(signal))!.match(/#EXTINF/g);
      assert.equal(segments!.length, one.name === "video" ? 4 : 1);
    }
  }
});

Deno.test("RecordedHls: more segments than a call takes arguments", async () => {
  const count = 130_000;
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  recorder.addCatalog({ video: { renditions: { video: CONFIG } } });
  recorder.track("video", INFO).log.append(new Uint8Array(), {
    sequence: 0,
    arrivalMs: 1,
  });
  recorder.close();
  const groups: number[] = [];
  const index = new Uint8Array(count * 32);
  for (let sequence = 0; sequence < count; sequence++) {
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    const timestamp = sequence * 2 * MICROSECONDS;
    group.writeFrame({ timestamp, payload: Uint8Array.of(1) });
    const bytes = group.log.slice(0, group.log.length);
    const entry = {
      sequence,
      offset: groups.length,
      length: bytes.byteLength,
      arrivalMs: 1e12 + sequence * 2000,
    };
    for (const byte of bytes) groups.push(byte);
    index.set(encodeEntry(entry), sequence * 32);
  }
  store.replace("0.groups", Uint8Array.from(groups));
  store.replace("0.index", index);
  const hls = new RecordedHls(Recording.open(store));
  const [video] = await hls.renditions(signal);
  const text = (await video!.playlist(signal))!;
  assert.equal(text.match(/#EXTINF:2\.000000/g)!.length, count - 1);
  assert.ok(video!.peakBps! > 0);
});
