/**
 * The demo's page in Chromium: what is seen and heard, and what happens when
 * the relay goes away.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { PLAYER, shown, tone } from "./player_page.ts";
import { NAME, Stage } from "./stage.ts";

const path = findChromium();
const SECONDS = Deno.env.get("CI") === "true" ? 60 : 6;
const CLIP_SECONDS = 10;
const LONGER_SOUND_MS = 25;

// Where the clip's clock has the ones of its seconds, white on colours that are not, wherever its centring puts them.
const SECONDS_DIGIT = { x: 346, y: 188, width: 40, height: 40 };

/** When the seconds of the clock in the picture changed, in milliseconds; looks once per refresh for `seconds`. */
function secondsChanged(page: Page, seconds: number): Promise<number[]> {
  const { x, y, width, height } = SECONDS_DIGIT;
  return page.evaluate<number[]>(`new Promise((resolve) => {
    const canvas = ${PLAYER}.shadowRoot.querySelector("canvas");
    const context = canvas.getContext("2d");
    const read = () => {
      const { data } = context.getImageData(${x}, ${y}, ${width}, ${height});
      return Array.from({ length: data.length / 4 }, (_, i) =>
        Math.min(data[4 * i], data[4 * i + 1], data[4 * i + 2]) > 150);
    };
    const differs = (one, other) => Math.min(...[-3, -2, -1, 0, 1, 2, 3].map((shift) =>
      one.filter((isWhite, i) => isWhite !== (other[i + shift] ?? false)).length));
    const changes = [];
    const startMs = performance.now();
    let last = read();
    const look = () => {
      const now = read();
      if (differs(now, last) > 80) {
        changes.push(performance.now());
        last = now;
      }
      if (performance.now() - startMs < ${
    seconds * 1000
  }) requestAnimationFrame(look);
      else resolve(changes);
    };
    look();
  })`);
}

/** Waits for so many refreshes of the screen, 60 a second. */
function refreshed(page: Page, times: number): Promise<void> {
  return page.evaluate(`new Promise((done) => {
    let left = ${times};
    const next = () => left-- > 0 ? requestAnimationFrame(next) : done();
    next();
  })`);
}

Deno.test({
  name: "hang-watch: plays at real speed, with sound after a gesture",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await Stage.open();
    await using chromium = await Chromium.launch(path!);
    const page = await stage.page(chromium);
    await shown(page, 30);

    await t.step("the clock", async () => {
      const changes = await secondsChanged(page, SECONDS);
      assert.ok(changes.length >= SECONDS - 1, `${changes}`);
      const offMs = changes.map((ms, index) => ms - index * 1000);
      // A picture may be late when the machine is busy, it is never early.
      const half = Math.floor(offMs.length / 2);
      const driftMs = Math.min(...offMs.slice(half)) -
        Math.min(...offMs.slice(0, half));
      // The clip's sound is longer than its picture: each time it begins again a little later.
      const seamsMs = Math.ceil(SECONDS / CLIP_SECONDS) * LONGER_SOUND_MS;
      assert.ok(driftMs > -60 && driftMs < 60 + seamsMs, `off by ${offMs}`);
      const worstMs = Math.max(...offMs) - Math.min(...offMs);
      assert.ok(worstMs < 400 + seamsMs, `off by ${offMs}`);
    });

    await t.step("silence before a gesture, the tone after it", async () => {
      const blocked = `${PLAYER}.player.soundBlocked()`;
      assert.equal(await page.evaluate(blocked), true);
      await page.click("h1");
      await page.until(`!${blocked} && ${PLAYER}.stats.decodedSounds > 50`);
      const { hertz, decibels } = await tone(page);
      const stats = JSON.stringify(await page.evaluate(`${PLAYER}.stats`));
      assert.ok(Math.abs(hertz - 440) < 6, `${hertz} Hz, ${stats}`);
      assert.ok(decibels > -40, `${decibels} dB`);
      const before = await page.evaluate<number>(
        `${PLAYER}.stats.missingSoundSeconds`,
      );
      await refreshed(page, 120);
      const after = await page.evaluate<number>(
        `${PLAYER}.stats.missingSoundSeconds`,
      );
      assert.ok(after - before < 0.05, `${after - before} s of sound missing`);
    });

    await t.step("muting and pausing stop the download", async () => {
      const bitrate = `${PLAYER}.stats.bitrateBps`;
      await page.evaluate(`${PLAYER}.paused = true`);
      await page.until(`${bitrate} === 0`);
      assert.equal(await page.evaluate(`${PLAYER}.state.kind`), "paused");
      await page.evaluate(`${PLAYER}.muted = true; ${PLAYER}.paused = false`);
      await page.until(`${PLAYER}.state.kind === "playing"`);
      assert.equal(
        await page.evaluate(`${PLAYER}.player.audioNode === undefined`),
        true,
      );
    });

    await t.step("the picture is as late as asked for", async () => {
      const isSteady = (fromMs: number, toMs: number) =>
        page.until(`${PLAYER}.stats.framesPerSecond > 25 &&
          ${PLAYER}.stats.latencyMs > ${fromMs} &&
          ${PLAYER}.stats.latencyMs < ${toMs}`);
      await page.evaluate(`${PLAYER}.setAttribute("latency", "1000")`);
      await isSteady(1000, 1200);
      await page.evaluate(`${PLAYER}.setAttribute("latency", "nonsense")`);
      await isSteady(0, 400);
    });

    await t.step("who joins late sees a picture within 500 ms", async () => {
      await page.evaluate(`${PLAYER}.name = ""`);
      const tookMs = await page.evaluate<number>(`new Promise((resolve) => {
        const startMs = performance.now();
        ${PLAYER}.name = ${JSON.stringify(NAME)};
        const look = () => {
          if (${PLAYER}.stats?.shownFrames > 0) resolve(performance.now() - startMs);
          else requestAnimationFrame(look);
        };
        look();
      })`);
      assert.ok(tookMs < 500, `${tookMs} ms`);
    });
    assert.deepEqual(errorsOf(page), []);
  },
});

/** What the page complained of. */
function errorsOf(page: Page): string[] {
  return page.console.filter((line) => /^(error|uncaught)/.test(line));
}

for (
  const [signal, limitMs] of [["SIGTERM", 2000], ["SIGKILL", 8000]] as const
) {
  Deno.test({
    name: `hang-watch: resumes after the relay got ${signal} and restarted`,
    ignore: path === undefined,
    async fn() {
      await using stage = await Stage.open();
      await using chromium = await Chromium.launch(path!);
      const page = await stage.page(chromium);
      await shown(page, 10);
      const awayMs = await stage.restartRelay(signal);
      const startMs = performance.now();
      const before = await page.evaluate<number>(`${PLAYER}.stats.shownFrames`);
      await shown(page, before + 15);
      const tookMs = performance.now() - startMs;
      // Each pause between two attempts is at most as long as all before it together.
      const shownMs = `${tookMs} ms after ${awayMs} ms without a relay`;
      assert.ok(tookMs < limitMs + awayMs, shownMs);
    },
  });
}
