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
// What is counted on a busy machine says nothing; video_switch_test.ts counts without one.
const ROUNDS = 3;

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

/** Pictures that a busy machine did not publish or had decoded too late, and groups that came too late. */
async function lateness({ viewer, publisher }: CanvasStage): Promise<number> {
  const unsent = await publisher.evaluate<number>("unsent.pictures");
  return unsent +
    await viewer.evaluate<number>(
      `${PLAYER}.stats.droppedFrames + ${PLAYER}.stats.skippedGroups`,
    );
}

/** Switches back and forth; returns how many pictures were not shown, `undefined` where the machine was too busy to tell why. */
async function switchAround(stage: CanvasStage): Promise<number | undefined> {
  const { viewer } = stage;
  await numbersRead(viewer);
  const before = await lateness(stage);
  for (const name of ["small", "large", "small", "large"]) {
    await viewer.evaluate(`${PLAYER}.rendition = "${name}"`);
    await plays(viewer, name);
    await shown(viewer, await shown(viewer) + FPS);
  }
  const { numbers, blanks } = await numbersRead(viewer);
  const late = await lateness(stage) - before;
  assert.equal(blanks, 0);
  const steps = numbers.slice(1).map((one, i) => one - numbers[i]!);
  assert.ok(steps.every((step) => step >= 1), `backwards: ${numbers}`);
  assert.ok(numbers.length > 3 * FPS, `${numbers.length} pictures`);
  const skipped = steps.reduce((sum, step) => sum + step - 1, 0);
  return late === 0 ? skipped : undefined;
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
      for (let round = 0; round < ROUNDS; round++) {
        const skipped = await switchAround(stage);
        if (skipped === undefined) continue;
        return assert.equal(skipped, 0);
      }
      // deno-lint-ignore no-console
      console.warn("SKIPPED: the machine is too busy to count pictures");
    });

    await t.step("one that does not exist is as good as none", async () => {
      await viewer.evaluate(`${PLAYER}.rendition = "huge"`);
      await shown(viewer, await shown(viewer) + FPS);
    });

    await t.step("a small place gets a small picture", async () => {
      await viewer.evaluate(`${PLAYER}.style.width = "160px"`);
      await plays(viewer, "small");
      await viewer.evaluate(`${PLAYER}.style.width = "800px"`);
      // Whether the large one follows is for the machine to decide, too.
      await viewer.until(`${PLAYER}.player.size.peek().width === 800`);
    });
  },
});
