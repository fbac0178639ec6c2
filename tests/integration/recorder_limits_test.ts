import assert from "node:assert/strict";
import { BroadcastProducer, type TrackProducer } from "@moq-deno/lite";
import { MemoryStore } from "../../hang/record/memory_store.ts";
import { Recorder } from "../../hang/record/recorder.ts";
import { Recording } from "../../hang/record/recording.ts";

const signal = new AbortController().signal;
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(value));
const info = { priority: 1, maxAgeMs: 1000, timescale: 1000 };

/** A publisher whose catalogs and tracks may have any name. */
class AnyPublisher {
  readonly broadcast = new BroadcastProducer();
  readonly #catalog = this.broadcast.createTrack("catalog.json");
  readonly #tracks: Map<string, TrackProducer> = new Map();

  announce(...names: readonly string[]): void {
    for (const name of names) {
      if (this.#tracks.has(name)) continue;
      this.#tracks.set(name, this.broadcast.createTrack(name, info));
    }
    const renditions = Object.fromEntries(
      names.map((name) => [name, { codec: "vp8" }]),
    );
    this.#catalog.writeFrame({
      timestamp: 0,
      payload: encode({ video: { renditions } }),
    });
  }

  write(track: string, sequence: number): void {
    const group = this.#tracks.get(track)!.group(sequence);
    group.writeFrame({ timestamp: 5, payload: Uint8Array.of(1) });
    group.close();
  }

  close(): void {
    for (const track of this.#tracks.values()) track.close();
    this.#catalog.close();
    this.broadcast.close();
  }
}

interface Written {
  readonly recording: Recording;
  readonly warnings: readonly string[];
}

/** Records a take until it has `groups` groups and `warned` warnings. */
async function take(
  store: MemoryStore,
  { name = "film", publisher, act, groups, warned = 0 }: {
    readonly name?: string;
    readonly publisher: string;
    readonly act: (publisher: AnyPublisher) => void;
    readonly groups: number;
    readonly warned?: number;
  },
): Promise<Written> {
  const warnings: string[] = [];
  const enough = Promise.withResolvers<void>();
  const recorder = new Recorder({
    store,
    name,
    log: {
      warn: (message, fields) => {
        warnings.push(`${message} ${fields?.name}: ${fields?.error}`);
        if (warnings.length === warned) enough.resolve();
      },
    },
  });
  const source = new AnyPublisher();
  const running = recorder.run(source.broadcast.consume(), {
    publisher,
    signal,
  });
  act(source);
  const { changed } = recorder.recording;
  while (recorder.groups < groups) await changed.changed();
  if (warned > 0) await enough.promise;
  source.close();
  await running;
  recorder.close();
  return { recording: Recording.open(store), warnings };
}

Deno.test("Recorder: track and broadcast names may be empty", async () => {
  const store = new MemoryStore();
  const { recording } = await take(store, {
    name: "",
    publisher: "a",
    groups: 1,
    act: (one) => {
      one.announce("");
      one.write("", 0);
    },
  });
  assert.equal(recording.name, "");
  assert.deepEqual(recording.problems, []);
  assert.equal(recording.tracks.get("")!.log.entries.length, 1);
});

Deno.test("Recorder: a publisher cannot use up the numbers of the next one", async () => {
  const store = new MemoryStore();
  const half = Math.floor(Number.MAX_SAFE_INTEGER / 2);
  const first = await take(store, {
    publisher: "a",
    groups: 1,
    warned: 1,
    act: (one) => {
      one.announce("video");
      one.write("video", Number.MAX_SAFE_INTEGER);
      one.write("video", half);
    },
  });
  assert.deepEqual(first.warnings, [
    `group not recorded video: Expected group numbers up to ${half}, got ${Number.MAX_SAFE_INTEGER}`,
  ]);
  for (const publisher of ["b", "c"]) {
    await take(store, {
      publisher,
      groups: 1,
      act: (one) => {
        one.announce("video");
        one.write("video", 7);
      },
    });
  }
  const recording = Recording.open(store);
  assert.deepEqual(recording.problems, []);
  const { log } = recording.tracks.get("video")!;
  assert.deepEqual(
    log.entries.map(({ sequence }) => sequence - half),
    [0, 8, 16],
  );
});

Deno.test("Recorder: a track over the limits is refused by name", () => {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  assert.throws(() => recorder.track("x".repeat(4097), info), {
    code: "too-large",
    message: "Expected a track's name of at most 4096 bytes, got 4097",
  });
  for (let i = 0; i < 1024; i++) recorder.track(`track ${i}`, info);
  assert.throws(() => recorder.track("one more", info), {
    code: "too-large",
    message: /at most 1024 tracks in memory, got more; record to another/,
  });
  recorder.close();
  const recording = Recording.open(store);
  assert.equal(recording.tracks.size, 1024);
  assert.deepEqual(recording.problems, []);
});

Deno.test("Recorder: catalogs are appended, and the newest is always kept", () => {
  const store = new MemoryStore();
  const warnings: string[] = [];
  const log = { warn: (message: string) => warnings.push(message) };
  const recorder = new Recorder({ store, name: "film", log });
  const sizeOf = (): number => store.bytes.get("recording.jsonl")!.byteLength;
  const before = sizeOf();
  for (let i = 0; i < 1000; i++) {
    recorder.addCatalog({ user: { name: `${i}` } });
  }
  // Two lines each: entries in the journal are not written again later.
  assert.ok(sizeOf() - before < 1000 * 200);
  const full = sizeOf();
  recorder.addCatalog({ user: { name: "last but one" } });
  recorder.addCatalog({ user: { name: "last" } });
  assert.equal(sizeOf(), full);
  assert.deepEqual(warnings, ["not every catalog is recorded"]);
  recorder.close();
  const { catalogs, problems } = Recording.open(store);
  assert.deepEqual(problems, []);
  assert.equal(catalogs.length, 1000);
  assert.equal(catalogs.at(-1)!.catalog.user?.name, "last");

  const again = new Recorder({ store, name: "film", log });
  again.addCatalog({ user: { name: "even later" } });
  again.close();
  assert.equal(
    Recording.open(store).catalogs.at(-1)!.catalog.user?.name,
    "even later",
  );
});

Deno.test("Recorder: a line that was cut off in mid-write is set aside", () => {
  const store = new MemoryStore();
  new Recorder({ store, name: "film" }).close();
  const journal = store.bytes.get("recording.jsonl")!;
  const torn = new TextEncoder().encode('0123abcd {"tra');
  store.bytes.set("recording.jsonl", Uint8Array.of(...journal, ...torn));
  const recorder = new Recorder({ store, name: "film" });
  recorder.track("video", info);
  recorder.close();
  const { tracks, problems } = Recording.open(store);
  assert.deepEqual([...tracks.keys()], ["video"]);
  assert.deepEqual(problems, []);
  assert.deepEqual(store.bytes.get("recording.jsonl.damaged"), torn);
});

Deno.test("Recorder: a catalog of an odd size is written once", () => {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, name: "film" });
  recorder.addCatalog({ user: { name: "a".repeat(100_000) } });
  recorder.close();
  assert.ok(store.bytes.get("recording.jsonl")!.byteLength < 150_000);
  assert.equal(Recording.open(store).catalogs.length, 1);
});
