/**
 * `hang check` on recordings that a test has damaged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Recorder } from "@moq-deno/hang/record";
import { Cache, GroupProducer } from "@moq-deno/lite";
import { FolderStore } from "../../hang/cli/folder_store.ts";
import { Hang } from "./hang_process.ts";

/** A recording of groups with these numbers; the track's name has characters that a terminal must not get. */
function recordInto(folder: string, sequences: readonly number[]): void {
  const store = new FolderStore(folder, "write");
  const recorder = new Recorder({ store, name: "film" });
  const info = { priority: 1, maxAgeMs: 1000, timescale: 1000 };
  const { log } = recorder.track("video\x1b[2J", info);
  for (const sequence of sequences) {
    const group = new GroupProducer(0, { cache: new Cache(), maxAgeMs: 0 });
    const payload = new Uint8Array(1000).fill(sequence);
    group.writeFrame({ timestamp: sequence, payload });
    const bytes = group.log.slice(0, group.log.length);
    log.append(bytes, { sequence, arrivalMs: 1000 + sequence });
  }
  recorder.close();
}

function damage(file: string, at: number): void {
  const bytes = Deno.readFileSync(file);
  bytes[at]! ^= 1;
  Deno.writeFileSync(file, bytes);
}

Deno.test("hang check: reports damage, and repairs what it can", async () => {
  const folder = await Deno.makeTempDir();
  try {
    recordInto(folder, Array(10).keys().toArray());
    const check = async (...options: string[]): Promise<string> => {
      await using hang = new Hang(["check", ...options, folder]);
      return await hang.result();
    };
    const name = String.raw`"video\u001b[2J"`;
    const whole = `recording of "film"\ntrack ${name}: 10 groups, 0.0 MB`;
    assert.equal((await check()).trim(), whole);

    damage(`${folder}/0.index`, 3 * 32 + 15);
    const lines = (await check()).trim().split("\n");
    assert.equal(
      lines.at(-1),
      `index of track ${name}: 1 of 10 entries damaged, recovered`,
    );
    assert.equal((await check("--repair")).trim(), whole);
    assert.equal((await Deno.stat(`${folder}/0.index.damaged`)).size, 32);

    damage(`${folder}/0.groups`, 5500);
    await assert.rejects(
      () => check(),
      /is damaged; hang check --repair \S+ mends what it can/,
    );
    await assert.rejects(() => check("--repair"), /is damaged/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("hang check: shows every gap", async () => {
  const folder = await Deno.makeTempDir();
  try {
    recordInto(folder, Array.from({ length: 30 }, (_, n) => n * 2));
    await using hang = new Hang(["check", folder]);
    const gaps = (await hang.result()).split("\n")
      .filter((line) => line.startsWith("missing of"));
    assert.equal(gaps.length, 29);
    assert.match(gaps[0]!, /groups 1 to 1$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
