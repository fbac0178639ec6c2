import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "@moq-deno/lite";
import { DEFAULT_TRACK_INFO } from "@moq-deno/lite/internal";
import { encodeEntry } from "./group_index.ts";
import { type GroupEntry, readIndex } from "./group_index.ts";
import { GroupLog } from "./group_log.ts";
import { writeJournal } from "./manifest_writer.ts";
import { MemoryStore } from "./memory_store.ts";
import { Recorder } from "./recorder.ts";
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
  writeJournal(store, {
    name: "film",
    catalogs: [{ arrivalMs: 990, catalog: { user: { name: "Ada" } } }],
    takes: [
      { startMs: 900, publisher: "a" },
      { startMs: 2900, publisher: "a" },
    ],
    problems: [],
    tracks: [{
      id: 0,
      name: "../video",
      info: DEFAULT_TRACK_INFO,
      takes: [{ first: 0, base: 0 }, { first: 2, base: 0 }],
    }],
  });
  return store;
}

/** The entries of an index over `size` bytes that are sound by themselves. */
function decodeEntries(index: Uint8Array, size: number): GroupEntry[] {
  return readIndex(index, { size, read: () => new Uint8Array() }).entries;
}

Deno.test("Recording reads back what was appended, and says what is missing", () => {
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

/** Opens it for writing, adds a group and expects `kept` others beside it. */
function goOn(store: MemoryStore, kept: number): void {
  const recording = Recording.open(store, "write");
  const { log } = recording.tracks.get("../video")!;
  assert.equal(log.entries.length, kept);
  log.append(Uint8Array.of(7, 8), { sequence: 9, arrivalMs: 9000 });
  const reopened = Recording.open(store).tracks.get("../video")!.log;
  assert.deepEqual(reopened.damaged, []);
  assert.equal(reopened.entries.length, kept + 1);
  assert.deepEqual(reopened.read(reopened.find(9)!), Uint8Array.of(7, 8));
}

Deno.test("Recording: files cut anywhere keep every complete group", () => {
  const whole = record();
  const groups = whole.bytes.get("0.groups")!;
  const index = whole.bytes.get("0.index")!;
  for (let cut = 0; cut <= groups.byteLength; cut++) {
    const store = record();
    store.bytes.set("0.groups", groups.slice(0, cut));
    goOn(store, [10, 30, 60].filter((end) => end <= cut).length);
    // What was there of a group stays where it is.
    const written = store.bytes.get("0.groups")!;
    assert.deepEqual(written.slice(0, cut), groups.slice(0, cut));
  }
  for (let cut = 0; cut <= index.byteLength; cut++) {
    const store = record();
    store.bytes.set("0.index", index.slice(0, cut));
    goOn(store, Math.floor(cut / 32));
    const aside = store.bytes.get("0.index.damaged") ?? new Uint8Array();
    assert.equal(aside.byteLength, cut % 32);
  }
});

Deno.test("Recording: any bit of the index that flips costs no group", () => {
  const index = record().bytes.get("0.index")!;
  for (let bit = 0; bit < index.byteLength * 8; bit++) {
    const store = record();
    const flipped = index.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    store.bytes.set("0.index", flipped);
    const recording = Recording.open(store);
    const { log } = recording.tracks.get("../video")!;
    assert.deepEqual(log.entries.map(({ sequence }) => sequence), [0, 1, 3]);
    assert.deepEqual(
      log.entries.map((entry) => log.read(entry).length),
      [10, 20, 30],
    );
    assert.deepEqual(recording.problems, [
      'index of track "../video": 1 of 3 entries damaged, recovered',
    ]);
    goOn(store, 3);
    const place = Math.floor(bit / 256) * 32;
    assert.deepEqual(
      store.bytes.get("0.index.damaged"),
      flipped.slice(place, place + 32),
    );
  }
});

Deno.test("Recording: lost entries cost their groups alone, nothing is cut off", () => {
  const store = record();
  const index = store.bytes.get("0.index")!;
  store.bytes.set("0.index", index.fill(0, 0, 64));
  const recording = Recording.open(store);
  const { log } = recording.tracks.get("../video")!;
  assert.deepEqual(log.entries.map(({ sequence }) => sequence), [3]);
  assert.equal(log.unindexedBytes, 30);
  assert.deepEqual(recording.problems, [
    'index of track "../video": 2 of 3 entries damaged, groups left out',
    '30 bytes of track "../video" belong to no group',
  ]);
  goOn(store, 1);
  assert.equal(store.bytes.get("0.groups")!.byteLength, 62);
});

Deno.test("Recording: takes begin where they did, whatever entries are lost", () => {
  const store = record();
  store.bytes.get("0.index")!.fill(0, 0, 64);
  const takesOf = (): number[][] => {
    const recording = Recording.open(store);
    const track = recording.tracks.get("../video")!;
    return track.log.entries.map(({ sequence }, index) => [
      sequence,
      recording.takeOf(track, index),
    ]);
  };
  assert.deepEqual(takesOf(), [[3, 1]]);
  goOn(store, 1);
  assert.deepEqual(takesOf(), [[3, 1], [9, 1]]);
  // The entries were set aside once and keep their places.
  assert.equal(store.bytes.get("0.index")!.byteLength, 4 * 32);
  assert.equal(store.bytes.get("0.index.damaged")!.byteLength, 64);
  assert.deepEqual(takesOf(), [[3, 1], [9, 1]]);
});

Deno.test("Recording: a damaged group is refused by its checksum", () => {
  const store = record();
  store.bytes.get("0.groups")![15]! ^= 0x10;
  const { log } = Recording.open(store).tracks.get("../video")!;
  assert.throws(() => log.read(log.find(1)!), {
    code: "decode",
    message:
      "Expected group 1 as it was recorded, got 20 bytes with another checksum",
  });
  assert.equal(log.read(log.find(3)!).length, 30);
});

Deno.test("readIndex: an entry without checksums that does not fit is set apart", () => {
  const entries = [0, 1, 2, 3, 4].map((sequence) => ({
    sequence,
    offset: sequence * 100,
    length: 100,
    arrivalMs: 1000 + sequence,
  }));
  const index = new Uint8Array(5 * 32);
  for (const [at, entry] of entries.entries()) {
    index.set(encodeEntry(entry), at * 32);
  }
  const sequencesWith = (at: number, byte: number): number[] => {
    const damaged = index.slice();
    damaged[at] = byte;
    return decodeEntries(damaged, 500).map(({ sequence }) => sequence);
  };
  assert.deepEqual(sequencesWith(0, 0), [0, 1, 2, 3, 4]);
  assert.deepEqual(sequencesWith(2 * 32 + 15, 77), [0, 1, 3, 4]); // offset
  assert.deepEqual(sequencesWith(2 * 32 + 23, 77), [0, 1, 3, 4]); // length
  assert.deepEqual(sequencesWith(4 * 32 + 23, 177), [0, 1, 2, 3]);
});

Deno.test("readIndex gives entries that lie within the file for any index", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (index) => {
      let end = 0;
      for (const { offset, length, sequence } of decodeEntries(index, 1000)) {
        assert.ok(offset >= end);
        end = offset + length;
        assert.ok(end <= 1000 && Number.isSafeInteger(sequence));
      }
    }),
  );
});

Deno.test("Recording.open refuses what is no recording", () => {
  const store = new MemoryStore();
  const refuses = (message: RegExp): void =>
    assert.throws(() => Recording.open(store), (error) => {
      assert.ok(error instanceof MoqError);
      assert.match(error.message, message);
      return true;
    });
  refuses(/Expected a recording in memory, got: no recording\.jsonl/);
  for (
    const [manifest, message] of [
      ["{", /JSON/],
      ["{}", /version to be 1, got nothing/],
      ['{"version":2}', /version to be 1, got 2/],
      ['{"version":1,"catalogs":[]}', /tracks to be an array/],
    ] as const
  ) {
    store.replace("recording.json", new TextEncoder().encode(manifest));
    refuses(message);
  }
});

Deno.test("Recording.open leaves out what it cannot read and says so", () => {
  const store = new MemoryStore();
  const track = (rest: string) =>
    `{"version":1,"catalogs":[],"tracks":[{"name":"a",${rest}}]}`;
  const info = `"info":{"priority":1,"maxAgeMs":1,"timescale":1000}`;
  for (
    const [manifest, message] of [
      [track('"info":{}'), /tracks\[0\]\.info\.priority/],
      [track(`${info},"takes":[{"first":-1}]`), /tracks\[0\]\.takes\[0\]/],
      [track(info.replace("1000", "0")), /timescale to be an integer above 0/],
      ['{"version":1,"catalogs":[],"takes":[4],"tracks":[]}', /takes\[0\]/],
      [track(info), /track "a" cannot be read: No such file: 0\.groups/],
    ] as const
  ) {
    store.replace("recording.json", new TextEncoder().encode(manifest));
    const { tracks, problems } = Recording.open(store);
    assert.equal(tracks.size, 0);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, message);
  }
});

Deno.test("Recording: a damaged line of the journal costs nothing", () => {
  const whole = record().bytes.get("recording.jsonl")!;
  for (let at = 0; at < whole.byteLength - 1; at++) {
    if (whole[at] === 0x0a) continue;
    const store = record();
    const bytes = whole.slice();
    bytes[at]! ^= 1;
    store.bytes.set("recording.jsonl", bytes);
    const recording = Recording.open(store);
    assert.equal(recording.name, "film");
    assert.match(recording.problems[0]!, /^line \d+ of recording.jsonl/);
    assert.equal(recording.tracks.size, 1);
    assert.equal(recording.takes.length, 2);
    assert.equal(recording.catalogs.length, 1);
  }
});

Deno.test("Recording: a manifest that was being replaced at the end is read", () => {
  const old = {
    version: 1,
    name: "film",
    catalogs: [],
    takes: [{ startMs: 900 }],
    tracks: [{
      name: "video",
      info: DEFAULT_TRACK_INFO,
      takes: [{ first: 0, base: 0 }],
    }],
  };
  const bytes = new TextEncoder().encode(JSON.stringify(old));
  for (const present of [["recording.json"], ["recording.json.new"]]) {
    const store = record();
    store.bytes.delete("recording.jsonl");
    for (const name of present) store.bytes.set(name, bytes);
    const recording = Recording.open(store);
    assert.deepEqual([...recording.tracks.keys()], ["video"]);
    assert.equal(
      recording.problems.length,
      present[0] === "recording.json" ? 0 : 1,
    );
    assert.equal(recording.tracks.get("video")!.log.entries.length, 3);
  }
});

/** As `record` makes it, in the form of before there were checksums. */
function recordOld(): MemoryStore {
  const store = record();
  const index = new Uint8Array(3 * 32);
  const lengths = [10, 20, 30];
  for (const [at, sequence] of [0, 1, 3].entries()) {
    const [offset, length] = [[0, 10, 30][at]!, lengths[at]!];
    const arrivalMs = 1000 * (at + 1);
    index.set(encodeEntry({ sequence, offset, length, arrivalMs }), at * 32);
  }
  store.bytes.set("0.index", index);
  store.bytes.delete("recording.jsonl");
  const { catalogs, takes } = Recording.open(record());
  const manifest = {
    version: 1,
    name: "film",
    catalogs,
    takes,
    tracks: [{
      name: "../video",
      info: DEFAULT_TRACK_INFO,
      takes: [{ first: 0, base: 0 }, { first: 2, base: 0 }],
    }],
  };
  const text = JSON.stringify(manifest);
  store.bytes.set("recording.json", new TextEncoder().encode(text));
  return store;
}

Deno.test("Recorder goes on with a recording from before there were checksums", () => {
  const store = recordOld();
  const before = store.bytes.get("recording.json");
  assert.deepEqual(Recording.open(store).problems, []);
  const recorder = new Recorder({ store, name: "film" });
  const { log } = recorder.recording.tracks.get("../video")!;
  log.append(Uint8Array.of(7, 8), { sequence: 9, arrivalMs: 9000 });
  recorder.addCatalog({ user: { name: "Grace" } });
  recorder.close();

  const recording = Recording.open(store);
  assert.deepEqual(recording.problems, []);
  assert.equal(recording.takes.length, 2);
  assert.deepEqual(
    recording.catalogs.map(({ catalog }) => catalog.user?.name),
    ["Ada", "Grace"],
  );
  const track = recording.tracks.get("../video")!;
  assert.deepEqual(
    track.log.entries.map((entry) => [
      entry.sequence,
      track.log.read(entry).byteLength,
      entry.checksum !== 0,
    ]),
    [[0, 10, false], [1, 20, false], [3, 30, false], [9, 2, true]],
  );
  assert.deepEqual(track.takes.map(({ first }) => first), [0, 2]);
  assert.equal(store.bytes.get("recording.json"), before);
});

Deno.test("Recording.open: damage anywhere costs what it hit, never all", () => {
  const damage = fc.record({
    file: fc.constantFrom("recording.jsonl", "0.index", "0.groups"),
    at: fc.nat({ max: 300 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(damage, { maxLength: 4 }), (damages) => {
      const store = record();
      for (const { file, at, bytes } of damages) {
        const all = store.bytes.get(file)!;
        all.set(
          bytes.subarray(0, Math.max(0, all.length - at)),
          at % all.length,
        );
      }
      const sizes = new Map(
        [...store.bytes].map(([name, { byteLength }]) => [name, byteLength]),
      );
      for (const access of ["read", "write"] as const) {
        const { tracks } = Recording.open(store, access);
        for (const { log } of tracks.values()) {
          for (const entry of log.entries) {
            try {
              assert.equal(log.read(entry).byteLength, entry.length);
            } catch (error) {
              assert.ok(error instanceof MoqError && error.code === "decode");
            }
          }
        }
      }
      assert.equal(
        store.bytes.get("0.groups")!.byteLength,
        sizes.get("0.groups"),
      );
    }),
  );
});
