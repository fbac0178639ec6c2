import assert from "node:assert/strict";
import { Cache, GroupProducer } from "@moq-deno/lite";
import { checkRecording, repairRecording } from "./check.ts";
import { MemoryStore } from "./memory_store.ts";
import { Recorder } from "./recorder.ts";

const info = { priority: 1, maxAgeMs: 1000, timescale: 1000 };

/** Five groups of 50 to 54 bytes. */
function recorded(): MemoryStore {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  const { log } = recorder.track("video", info);
  for (let sequence = 0; sequence < 5; sequence++) {
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    const payload = new Uint8Array(50 + sequence).fill(sequence);
    group.writeFrame({ timestamp: sequence, payload });
    const bytes = group.log.slice(0, group.log.length);
    log.append(bytes, { sequence, arrivalMs: 1000 + sequence });
  }
  recorder.close();
  return store;
}

Deno.test("checkRecording: a recording that is whole", async () => {
  const store = recorded();
  const { name, tracks, problems, isWhole } = await checkRecording(store);
  assert.equal(name, "film");
  assert.deepEqual(problems, []);
  assert.equal(isWhole, true);
  assert.deepEqual(tracks, [{
    name: "video",
    groups: 5,
    bytes: store.bytes.get("0.groups")!.byteLength,
    unchecked: 0,
    damaged: [],
    lostEntries: 0,
    unindexedBytes: 0,
  }]);
});

Deno.test("checkRecording names the groups that are damaged, and changes nothing", async () => {
  const store = recorded();
  store.bytes.get("0.groups")![70]! ^= 1;
  store.bytes.get("0.index")![3 * 32 + 15]! ^= 1;
  const before = structuredClone(store.bytes);
  const { tracks: [track], problems, isWhole } = await checkRecording(store);
  assert.equal(isWhole, false);
  assert.deepEqual([track!.groups, track!.damaged], [4, [1]]);
  assert.deepEqual(problems, [
    'index of track "video": 1 of 5 entries damaged, recovered',
  ]);
  assert.deepEqual(store.bytes, before);
});

Deno.test("repairRecording puts in order what can be, and keeps what it was", async () => {
  const store = recorded();
  const damaged = store.bytes.get("recording.jsonl")!;
  damaged[3]! ^= 1;
  store.bytes.get("0.index")![3 * 32 + 15]! ^= 1;
  assert.equal((await checkRecording(store)).problems.length, 2);
  assert.deepEqual(repairRecording(store), [
    "recording.jsonl.damaged has the journal as it was",
    "recording.jsonl was written again",
    'index of track "video" was written again; 0.index.damaged has the entries that were damaged',
  ]);
  const { problems, tracks: [track], isWhole } = await checkRecording(store);
  assert.deepEqual(problems, []);
  assert.equal(isWhole, true);
  assert.equal(track!.groups, 5);
  assert.deepEqual(store.bytes.get("recording.jsonl.damaged"), damaged);
  assert.equal(store.bytes.get("0.index.damaged")!.byteLength, 32);
  assert.deepEqual(repairRecording(store), []);
});

Deno.test("repairRecording: an index that lost its end keeps its groups' bytes", async () => {
  const store = recorded();
  const groups = store.bytes.get("0.groups")!;
  store.bytes.set("0.index", store.bytes.get("0.index")!.slice(0, 100));
  repairRecording(store);
  const { tracks: [track], isWhole } = await checkRecording(store);
  assert.equal(track!.groups, 3);
  assert.ok(track!.unindexedBytes > 100);
  // A recorder that is killed leaves the same: no group is known to be missing.
  assert.equal(isWhole, true);
  assert.deepEqual(store.bytes.get("0.groups"), groups);
  assert.equal(store.bytes.get("0.index.damaged")!.byteLength, 4);
});

Deno.test("checkRecording: what is lost stays counted after the repair", async () => {
  const store = recorded();
  store.bytes.get("0.index")!.fill(0, 32, 96);
  const before = await checkRecording(store);
  assert.equal(before.isWhole, false);
  repairRecording(store);
  const { tracks: [track], isWhole } = await checkRecording(store);
  assert.deepEqual([track!.groups, track!.lostEntries], [3, 2]);
  assert.equal(track!.unindexedBytes, before.tracks[0]!.unindexedBytes);
  assert.equal(isWhole, true);
});
