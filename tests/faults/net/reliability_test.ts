import assert from "node:assert/strict";
import { sleep, systemClock } from "@moq-deno/lite";
import { netTest } from "./possible.ts";
import type { RelayState } from "../../integration/process/relay_process.ts";
import { type Figures, runScenario, Stage } from "./scenario.ts";

const NARROW = { rateBps: 2_000_000, delayMs: 20, queueBytes: 20_000 };
const MEGABYTE = 1_000_000;

/** Prints the figures, also when the test fails. */
function show(name: string, figures: Figures): void {
  // deno-lint-ignore no-console
  console.log(name, JSON.stringify(figures));
}

netTest(
  "8 Mbit/s over 2, raw QUIC: audio is in time",
  async () => {
    const figures = await runScenario(NARROW);
    show("QUIC", figures);
    const { audio, firstFrames, agesAlone, agesBeside } = figures;
    assert.ok(audio.p95 <= 300 && audio.max <= 1500, `audio ${audio.p95}`);
    assert.ok(firstFrames.count >= 15, `${firstFrames.count} groups begun`);
    assert.ok(firstFrames.p95 <= 800, `first frames ${firstFrames.p95}`);
    assert.ok(figures.mostUnconfirmedBytes <= MEGABYTE);
    // A busy machine alone can double the ages and add a frame's time.
    assert.ok(agesBeside.p99 <= agesAlone.p99 * 2 + 33, `${agesBeside.p99}`);
  },
);

netTest(
  "8 Mbit/s over 2, WebSocket: audio waits for one window",
  async () => {
    const figures = await runScenario({ ...NARROW, way: "websocket" });
    show("WebSocket", figures);
    const { audio, firstFrames } = figures;
    assert.ok(audio.p95 <= 1000 && audio.max <= 2000, `audio ${audio.p95}`);
    assert.ok(firstFrames.count >= 15, `${firstFrames.count} groups begun`);
    assert.ok(firstFrames.p95 <= 1200, `first frames ${firstFrames.p95}`);
    assert.ok(figures.mostUnconfirmedBytes <= MEGABYTE);
  },
);

for (const percent of [1, 3, 5]) {
  netTest(
    `${percent} % loss, round trip 200 ms, raw QUIC: nothing stalls`,
    async () => {
      const loss = percent / 100;
      const figures = await runScenario({ delayMs: 100, loss, seconds: 15 });
      show(`${percent} %`, figures);
      assert.ok(figures.audioGapMs <= 2000, `audio gap ${figures.audioGapMs}`);
      assert.ok(figures.videoGapMs <= 3000, `video gap ${figures.videoGapMs}`);
      assert.ok(figures.firstFrames.count >= 12, "groups begun");
      assert.ok(figures.videoShare >= 0.5, `share ${figures.videoShare}`);
    },
  );
}

netTest("a viewer that never reads is closed", async () => {
  await using stage = await Stage.open(NARROW);
  const { residentBytes: before } = await stage.relay.usage();
  const viewer = await stage.join("wide", { manner: "never-read" });
  await sleep(systemClock, 3000);
  const { mostUnconfirmedBytes } = await stage.relay.ask<RelayState>("state");
  assert.ok(mostUnconfirmedBytes.at(-1)! <= MEGABYTE);
  assert.ok(mostUnconfirmedBytes.at(-1)! > 0);
  await viewer.ask("closed");
  const { sessions } = await stage.relay.ask<RelayState>("state");
  assert.equal(sessions, 1, "only the publisher");
  const { residentBytes } = await stage.relay.usage();
  const grown = residentBytes - before;
  assert.ok(grown < 64 * MEGABYTE, `grown by ${grown}`);
});
