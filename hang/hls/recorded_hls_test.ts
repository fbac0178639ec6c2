import assert from "node:assert/strict";
import { Cache, GroupProducer } from "@moq-deno/lite";
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
