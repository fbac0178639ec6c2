import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_TRACK_INFO, MoqError } from "@moq-deno/lite";
import { decodeEntries, GroupLog } from "./group_log.ts";
import { writeManifest } from "./manifest.ts";
import { MemoryStore } from "./memory_store.ts";
import { Recording } from "./recording.ts";

const VIDEO = { id: 0, info: DEFAULT_TRACK_INFO } as const;

/** Groups 0, 1 and 3, of 10, 20 and 30 bytes; the last is from a second take. */
function record(): MemoryStore {
  const store = new MemoryStore();
  const log = GroupLog.open(store, { ...VIDEO, access: "write" });
  for (const [at, sequence] of [0, 1, 3].entries()) {
    const bytes = new Uint8Array((at + 1) * 10).fill(sequence);
    log.append(bytes, { sequence, arrivalMs: 1000 * (at + 1) });
  }
  writeManifest(store, {
    name: "film",
    catalogs: [{ arrivalMs: 990, catalog: { user: { name: "Ada" } } }],
    takes: [
      { startMs: 900, publisher: "a" },
      { startMs: 2900, publisher: "a" },
    ],
    tracks: [{
      name: "../video",
      info: DEFAULT_TRACK_INFO,
      takes: [{ first: 0, base: 0 }, { first: 2, base: 0 }],
    }],
  });
  return store;
}

Deno.test("Recording: what was appended is read back, and what is missing is said", () => {
  const recording = Recording.open(record());
  const { log } = recording.tracks.get("../video")!;
  assert.deepEqual(
    log.entries.map((entry) => [entry.sequence, log.read(entry)]),
    [0, 1, 3].map((n, at) => [n, new Uint8Array((at + 1) * 10).fill(n)]),
  );
  assert.deepEqual(recording.missing(), [
    { track: "../video", from: 2, to: 2 },
  ]);
  assert.deepEqual(recording.interruptions(), [
    { fromMs: 2000, toMs: 2900, isOtherPublisher: false },
  ]);
  assert.equal(recording.startMs, 990);
  assert.deepEqual(recording.catalogs[0]!.catalog, { user: { name: "Ada" } });
});

Deno.test("Recording: files that end anywhere keep every group that was complete, and are written on from there", () => {
  const whole = record();
  const groups = whole.bytes.get("0.groups")!;
  const index = whole.bytes.get("0.index")!;
  const added = { sequence: 9, arrivalMs: 9000 };
  const check = (store: MemoryStore, kept: number): void => {
    const recording = Recording.open(store, "write");
    const { log } = recording.tracks.get("../video")!;
    assert.equal(log.entries.length, kept);
    log.append(Uint8Array.of(7, 8), added);
    const reopened = Recording.open(store).tracks.get("../video")!.log;
    assert.equal(reopened.excessBytes, 0);
    assert.equal(reopened.entries.length, kept + 1);
    assert.deepEqual(reopened.read(reopened.find(9)!), Uint8Array.of(7, 8));
  };
  for (let cut = 0; cut <= groups.byteLength; cut++) {
    const store = record();
    store.bytes.set("0.groups", groups.slice(0, cut));
    check(store, [10, 30, 60].filter((end) => end <= cut).length);
  }
  for (let cut = 0; cut <= index.byteLength; cut++) {
    const store = record();
    store.bytes.set("0.index", index.slice(0, cut));
    check(store, Math.floor(cut / 32));
  }
});

Deno.test("decodeEntries gives entries that lie within the file for any index", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (index) => {
      let end = 0;
      for (const { offset, length, sequence } of decodeEntries(index, 1000)) {
        assert.equal(offset, end);
        end += length;
        assert.ok(end <= 1000 && Number.isSafeInteger(sequence));
      }
    }),
  );
});

Deno.test("Recording.open says what is wrong with a recording", () => {
  const store = new MemoryStore();
  const refuses = (message: RegExp): void =>
    assert.throws(() => Recording.open(store), (error) => {
      assert.ok(error instanceof MoqError);
      assert.match(error.message, message);
      return true;
    });
  refuses(/Expected a recording in memory, got: No such file/);
  const track = (rest: string) =>
    `{"version":1,"catalogs":[],"tracks":[{"name":"a",${rest}}]}`;
  const info = `"info":{"priority":1,"maxAgeMs":1,"timescale":1000}`;
  for (
    const [manifest, message] of [
      ["{", /JSON/],
      ["{}", /version to be 1, got nothing/],
      ['{"version":2}', /version to be 1, got 2/],
      ['{"version":1,"catalogs":[]}', /tracks to be an array/],
      [track('"info":{}'), /tracks\[0\]\.info\.priority/],
      [track(`${info},"takes":[{"first":-1}]`), /tracks\[0\]\.takes\[0\]/],
      [track(info.replace("1000", "0")), /timescale to be an integer above 0/],
      ['{"version":1,"catalogs":[],"takes":[4],"tracks":[]}', /takes\[0\]/],
      [track(info), /No such file: 0\.groups/],
    ] as const
  ) {
    store.replaceText("recording.json", manifest);
    refuses(message);
  }
});
