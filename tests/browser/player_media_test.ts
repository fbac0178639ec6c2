/**
 * `<hang-watch>` in Chromium: every codec and container that it can be given
 * here, captions, a device that sleeps, and where the time goes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CanvasStage,
  type CanvasStageOptions,
  playersPage,
} from "./canvas_stage.ts";
import { findChromium } from "./chromium.ts";
import { PLAYER, shown } from "./player_page.ts";

const path = findChromium();
const SMALL = { name: "video", width: 192, height: 112, bitrate: 300_000 };
const CODECS = ["vp8", "avc1.42E01F", "vp09.00.10.08", "av01.0.04M.08"];

function open(
  media: CanvasStageOptions["media"],
  { attributes = "", separate = false } = {},
): Promise<CanvasStage> {
  return CanvasStage.open({
    chromium: path!,
    media,
    players: playersPage([attributes]),
    separate,
  });
}

Deno.test({
  name: "hang-watch: shows each picture in every codec and container",
  ignore: path === undefined,
  async fn(t) {
    for (const codec of CODECS) {
      for (const container of ["legacy", "loc"] as const) {
        await t.step(`${codec} in ${container}`, async () => {
          const renditions = [{ ...SMALL, codec, container }];
          await using stage = await open({ renditions, fps: 15 });
          const { viewer } = stage;
          await shown(viewer, 30);
          const numbers = await viewer.evaluate<number[]>(
            "watched[0].numbers.slice(2)",
          );
          const steps = numbers.slice(1).map((one, i) => one - numbers[i]!);
          // A number that is misread by one bit is off by more than a busy machine skips.
          const isRead = steps.filter((step) => step >= 1 && step <= 8);
          assert.equal(isRead.length, steps.length, `${numbers}`);
          assert.ok(numbers.length > 10, `${numbers}`);
        });
      }
    }
  },
});

Deno.test({
  name: "hang-watch: captions show in time, and download only when on",
  ignore: path === undefined,
  async fn() {
    await using stage = await open({ renditions: [SMALL], captions: true });
    const { viewer } = stage;
    await shown(viewer, 10);
    const caption =
      `${PLAYER}.shadowRoot.querySelector(".caption").textContent`;
    assert.equal(await viewer.evaluate(caption), "");
    await viewer.evaluate(
      `${PLAYER}.shadowRoot.querySelector("button.captions").click()`,
    );
    assert.equal(await viewer.evaluate(`${PLAYER}.captions`), "text");
    const said = await viewer.until<string>(caption);
    const number = await viewer.evaluate<number>("watched[0].numbers.at(-1)");
    const second = Number(/^second (\d+)$/.exec(said)?.[1]);
    assert.ok(Math.abs(number / 30 - second) < 1.5, `${said} at ${number}`);
    await viewer.evaluate(`${PLAYER}.captions = undefined`);
    await viewer.until(`${caption} === ""`);
  },
});

Deno.test({
  name: "hang-watch: live and in sync after the machine slept for 5 s",
  ignore: path === undefined || Deno.build.os !== "linux",
  async fn() {
    await using stage = await open(
      { renditions: [SMALL], sound: true },
      { attributes: `latency="300"`, separate: true },
    );
    const { publisher, viewer } = stage;
    await viewer.until("globalThis.watched?.[0].seen.length > 2", 20_000);
    const processes = await stage.browser.processes();
    const made = await publisher.evaluate<number>("made.pictures");
    for (const pid of processes) Deno.kill(pid, "SIGSTOP");
    // Five seconds at 30 pictures per second.
    await publisher.until(`made.pictures >= ${made + 150}`, 20_000);
    for (const pid of processes) Deno.kill(pid, "SIGCONT");
    await viewer.evaluate(`watched[0].seen.length = 0`);
    await viewer.until("watched[0].seen.length > 5", 30_000);
    const { latencyMs, apartMs } = await viewer.evaluate<
      { readonly latencyMs: number; readonly apartMs: number }
    >("watched[0].summary(4)");
    assert.ok(latencyMs > 250 && latencyMs < 600, `${latencyMs} ms from live`);
    assert.ok(Math.abs(apartMs) < 45, `${apartMs} ms apart`);
  },
});

Deno.test({
  name: "Player.latencies: seven marks in their order for each picture",
  ignore: path === undefined,
  async fn() {
    await using stage = await open({ renditions: [SMALL] });
    const { viewer } = stage;
    await shown(viewer, 10);
    await viewer.evaluate(`${PLAYER}.player.measuring.set(true)`);
    const complete = `${PLAYER}.player.latencies().filter((row) =>
      row.capturedMs && row.relayInMs && row.relayOutMs && row.shownMs)`;
    await viewer.until(`${complete}.length > 30`, 20_000);
    const rows = await viewer.evaluate<Record<string, number>[]>(complete);
    for (const row of rows) {
      const { capturedMs, encodedMs, sentMs, receivedMs, decodedMs, shownMs } =
        row as Record<string, number>;
      const measured = [
        capturedMs!,
        encodedMs!,
        sentMs!,
        receivedMs!,
        decodedMs!,
        shownMs!,
      ];
      // Two pages have two clocks, which agree to a millisecond or two.
      const steps = measured.slice(1).map((ms, i) => ms - measured[i]!);
      assert.ok(steps.every((ms) => ms > -3), `${steps}`);
      assert.ok(row.relayInMs! >= sentMs! && row.relayOutMs! <= receivedMs!);
    }
  },
});
