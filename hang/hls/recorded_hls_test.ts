import assert from "node:assert/strict";
import { Cache, GroupProducer } from "@moq-deno/lite";
import { openCmaf } from "../container/cmaf.ts";
import { legacyContainer } from "../container/legacy.ts";
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

/** The media times of one segment, in seconds: where it begins and where it ends. */
function spanOf(
  media: Uint8Array,
  init: Uint8Array,
): readonly [number, number] {
  const samples = openCmaf(init).decode(media);
  const ends = samples.map((one) => one.timestampUs + (one.durationUs ?? 0));
  const starts = samples.map((one) => one.timestampUs);
  const seconds = (us: number): number => Math.round(us / 10_000) / 100;
  return [seconds(Math.min(...starts)), seconds(Math.max(...ends))];
}

const OPUS = { codec: "opus", sampleRate: 48_000, numberOfChannels: 2 };

/** A recording of sound in groups of five pieces a second, which begin at these times. */
function soundAt(groups: readonly (readonly number[])[]): Recording {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  recorder.addCatalog({ audio: { renditions: { sound: OPUS } } });
  const { log } = recorder.track("sound", INFO);
  for (const [sequence, seconds] of groups.entries()) {
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    for (const second of seconds) {
      const timestampUs = Math.round(second * MICROSECONDS);
      const data = new Uint8Array(30);
      const payload = legacyContainer.encode({ timestampUs, data });
      group.writeFrame({ timestamp: timestampUs, payload });
    }
    const bytes = group.log.slice(0, group.log.length);
    log.append(bytes, { sequence, arrivalMs: 1e12 + sequence * 1000 });
  }
  recorder.close();
  return Recording.open(store);
}

const pieces = (second: number): number[] =>
  [0, 0.2, 0.4, 0.6, 0.8].map((part) => second + part);

/** All segments lie a second later, so that a picture can be decoded before it is shown. */
const HEADROOM_S = 1;

const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

interface Listed {
  readonly lines: readonly string[];
  readonly spans: readonly (readonly [number, number])[];
}

async function listed(groups: readonly (readonly number[])[]): Promise<Listed> {
  const hls = new RecordedHls(soundAt(groups));
  const [sound] = await hls.renditions(signal);
  const text = (await sound!.playlist(signal))!;
  const lines = text.split("\n").filter((line) =>
    /^#EXTINF|^#EXT-X-DISCONTINUITY/.test(line)
  );
  const spans: (readonly [number, number])[] = [];
  for (const [, number] of text.matchAll(/^(\d+)\.m4s$/gm)) {
    const media = await sound!.segment(Number(number));
    const [from, to] = spanOf(media!, (await sound!.init(Number(number)))!);
    spans.push([rounded(from - HEADROOM_S), rounded(to - HEADROOM_S)]);
  }
  return { lines, spans };
}

/** `spans` counted from where the first begins: all segments may be shifted by the same. */
function sinceFirst(
  spans: Listed["spans"],
): readonly (readonly [number, number])[] {
  const startS = spans[0]![0];
  const since = (second: number): number =>
    Math.round((second - startS) * 100) / 100;
  return spans.map(([from, to]) => [since(from), since(to)]);
}

const JUMP = "#EXT-X-DISCONTINUITY";
const seconds = (length: number): string => `#EXTINF:${length.toFixed(6)},`;

Deno.test("RecordedHls: a clock that jumps is a discontinuity", async () => {
  for (
    const [from, jump] of [[0, 5000], [5000, 0], [10, 6], [100, 92]] as const
  ) {
    const { lines, spans } = await listed([
      ...[0, 1, 2, 3].map((second) => pieces(from + second)),
      ...[0, 1, 2, 3].map((second) => pieces(jump + second)),
    ]);
    assert.deepEqual(lines, [
      ...[seconds(2), seconds(2)],
      JUMP,
      ...[seconds(2), seconds(2)],
    ]);
    assert.deepEqual(sinceFirst(spans), [
      [0, 2],
      [2, 4],
      [jump - from, jump - from + 2],
      [jump - from + 2, jump - from + 4],
    ]);
  }
});

Deno.test("RecordedHls: a clock that jumps within a group goes on", async () => {
  for (const jump of [0, 5000]) {
    const { lines, spans } = await listed([
      pieces(100),
      [101, 101.2, 101.4, jump, jump + 0.2],
      pieces(jump + 0.4),
      pieces(jump + 1.4),
    ]);
    assert.deepEqual(lines, [seconds(2), JUMP, seconds(2)]);
    const secondS = jump - 99.6;
    assert.deepEqual(sinceFirst(spans), [
      [0, 2],
      [secondS, secondS + 2],
    ]);
  }
});
