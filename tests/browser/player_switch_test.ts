/**
 * Renditions in Chromium: by hand, and by the size of the place; the picture
 * goes on throughout.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CanvasStage, playersPage } from "./canvas_stage.ts";
import { findChromium, type Page } from "./chromium.ts";
import { PLAYER, shown } from "./player_page.ts";

const path = findChromium();
const RENDITIONS = [
  { name: "small", width: 192, height: 112, bitrate: 200_000 },
  { name: "large", width: 384, height: 224, bitrate: 600_000 },
];
// Few enough for a busy machine to draw each of them.
const FPS = 10;
// Where it is too busy even for that it is given another chance.
const ROUNDS = 4;

/** Waits until pictures of `name` are shown. */
async function plays(page: Page, name: string): Promise<void> {
  await page.until(`${PLAYER}.player.shownRendition.peek() === "${name}"`);
}

/** What was read from the canvas since the last call. */
async function numbersRead(
  page: Page,
): Promise<{ readonly numbers: readonly number[]; readonly blanks: number }> {
  return await page.evaluate(
    `(() => {
      const [one] = watched;
      const { numbers, blanks } = one;
      const read = { numbers: numbers.splice(0, numbers.length - 1), blanks };
      one.blanks = 0;
      return read;
    })()`,
  );
}

/** Switches back and forth; returns how many pictures were not shown. */
async function switchAround(page: Page): Promise<number> {
  await numbersRead(page);
  for (const name of ["small", "large", "small", "large"]) {
    await page.evaluate(`${PLAYER}.rendition = "${name}"`);
    await plays(page, name);
    await shown(page, await shown(page) + FPS);
  }
  const { numbers, blanks } = await numbersRead(page);
  assert.equal(blanks, 0);
  const steps = numbers.slice(1).map((one, i) => one - numbers[i]!);
  assert.ok(steps.every((step) => step >= 1), `backwards: ${numbers}`);
  assert.ok(numbers.length > 3 * FPS, `${numbers.length} pictures`);
  return steps.reduce((sum, step) => sum + step - 1, 0);
}

Deno.test({
  name:
    "hang-watch: a switch of renditions shows every picture, none of them blank",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await CanvasStage.open({
      chromium: path!,
      media: { renditions: RENDITIONS, fps: FPS },
      players: playersPage([`latency="500" style="width: 800px"`]),
    });
    const { viewer } = stage;
    await shown(viewer, 10);

    await t.step("by hand, back and forth", async () => {
      await plays(viewer, "large");
      const skipped = [await switchAround(viewer)];
      while (skipped.at(-1) !== 0 && skipped.length < ROUNDS) {
        skipped.push(await switchAround(viewer));
      }
      assert.equal(skipped.at(-1), 0, `skipped in each round: ${skipped}`);
    });

    await t.step("one that does not exist is as good as none", async () => {
      await viewer.evaluate(`${PLAYER}.rendition = "huge"`);
      await plays(viewer, "large");
    });

    await t.step("a small place gets a small picture", async () => {
      await viewer.evaluate(`${PLAYER}.style.width = "160px"`);
      await plays(viewer, "small");
      await viewer.evaluate(`${PLAYER}.style.width = "800px"`);
      await plays(viewer, "large");
    });
  },
});
