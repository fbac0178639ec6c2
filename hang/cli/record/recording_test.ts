import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_TRACK_INFO, MoqError } from "@moq-deno/lite";
import { decodeEntries, filesOf, GroupLog } from "./group_log.ts";
import { createFolder, Recording, writeManifest } from "./recording.ts";

function withFolder(test: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Records groups 0, 1 and 3, of 10, 20 and 30 bytes. */
function record(folder: string): void {
  createFolder(folder);
  using log = GroupLog.create(filesOf(folder, 0), DEFAULT_TRACK_INFO);
  for (const [at, sequence] of [0, 1, 3].entries()) {
    const bytes = new Uint8Array((at + 1) * 10).fill(sequence);
    log.append(bytes, { sequence, arrivalMs: 1000 + at });
  }
  writeManifest(folder, {
    version: 1,
    name: "film",
    catalogs: [{ arrivalMs: 990, catalog: { user: { name: "Ada" } } }],
    tracks: [{ name: "../video", info: DEFAULT_TRACK_INFO }],
  });
}

Deno.test("Recording: what was appended is read back, and what is missing is said", () => {
  withFolder((folder) => {
    record(folder);
    using recording = Recording.open(folder);
    const log = recording.tracks.get("../video")!;
    assert.deepEqual(
      log.entries.map((entry) => [entry.sequence, log.read(entry)]),
      [0, 1, 3].map((n, at) => [n, new Uint8Array((at + 1) * 10).fill(n)]),
    );
    assert.deepEqual(recording.missing(), [
      { track: "../video", from: 2, to: 2 },
    ]);
    assert.equal(recording.startMs, 990);
    assert.deepEqual(recording.catalogs[0]!.catalog, { user: { name: "Ada" } });
    assert.throws(() => createFolder(folder), /folder without a recording/);
  });
});

Deno.test("Recording: files that end anywhere keep every group that was complete", () => {
  withFolder((folder) => {
    record(folder);
    const files = filesOf(folder, 0);
    const [groups, index] = [files.groups, files.index]
      .map((file) => Deno.readFileSync(file)) as [Uint8Array, Uint8Array];
    for (let cut = 0; cut <= groups.byteLength; cut++) {
      Deno.writeFileSync(files.groups, groups.subarray(0, cut));
      using recording = Recording.open(folder);
      const { entries } = recording.tracks.get("../video")!;
      const ends = [10, 30, 60].filter((end) => end <= cut);
      assert.equal(entries.length, ends.length, `groups cut to ${cut}`);
    }
    Deno.writeFileSync(files.groups, groups);
    for (let cut = 0; cut <= index.byteLength; cut++) {
      const entries = decodeEntries(index.subarray(0, cut), groups.byteLength);
      assert.equal(entries.length, Math.floor(cut / 32), `index cut to ${cut}`);
    }
  });
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

Deno.test("Recording.open says what is wrong with a folder", () => {
  withFolder((folder) => {
    const refuses = (message: RegExp): void =>
      assert.throws(() => Recording.open(folder), (error) => {
        assert.ok(error instanceof MoqError);
        assert.match(error.message, message);
        return true;
      });
    refuses(/Expected a recording in .*No such file/);
    for (
      const [manifest, message] of [
        ["{", /JSON/],
        ["{}", /version to be 1, got nothing/],
        ['{"version":2}', /version to be 1, got 2/],
        ['{"version":1,"catalogs":[]}', /tracks to be an array/],
        [
          '{"version":1,"catalogs":[],"tracks":[{"name":"a","info":{}}]}',
          /tracks\[0\]\.info\.priority/,
        ],
      ] as const
    ) {
      Deno.writeTextFileSync(`${folder}/recording.json`, manifest);
      refuses(message);
    }
  });
});
