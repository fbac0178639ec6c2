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
// As long as pictures are held a busy machine may do something else.
const LATENCY_MS = 1000;
const WANTED = 4;
const ROUNDS = 16;
const MOSTLY = 0.75;

/** Waits until pictures of `name` are shown. */
async function plays(page: Page, name: string): Promise<void> {
  await page.until(`${PLAYER}.player.shownRendition.peek() === "${name}"`);
}

/** What was read from the canvas since the last call, the last number before it included. */
async function numbersRead(
  page: Page,
): Promise<{ readonly numbers: readonly number[]; readonly blanks: number }> {
  return await page.evaluate(
    `(() => {
      const [one] = watched;
      const { blanks } = one;
      const numbers = [...one.numbers];
      one.numbers.splice(0, numbers.length - 1);
      one.blanks = 0;
      return { numbers, blanks };
    })()`,
  );
}

/** Pictures that were not published, or that the player says were lost, and groups. */
async function lost({ viewer, publisher }: CanvasStage): Promise<number> {
  const unsent = await publisher.evaluate<number>("unsent.pictures");
  return unsent +
    await viewer.evaluate<number>(
      `${PLAYER}.stats.droppedFrames + ${PLAYER}.stats.skippedGroups`,
    );
}

/** Shows two seconds of pictures, of another rendition if one is named, and says how many are missing or are said to be. */
async function missing(
  stage: CanvasStage,
  rendition?: string,
): Promise<number> {
  const { viewer } = stage;
  await numbersRead(viewer);
  const before = await lost(stage);
  if (rendition !== undefined) {
    await viewer.evaluate(`${PLAYER}.rendition = "${rendition}"`);
    await plays(viewer, rendition);
  }
  await shown(viewer, await shown(viewer) + 2 * FPS);
  const { numbers, blanks } = await numbersRead(viewer);
  assert.equal(blanks, 0, `blank pictures: ${numbers}`);
  assert.ok(numbers.length > FPS, `too few pictures: ${numbers}`);
  const steps = numbers.slice(1).map((one, i) => one - numbers[i]!);
  assert.ok(steps.every((step) => step >= 1), `backwards: ${numbers}`);
  const skipped = steps.reduce((sum, step) => sum + step - 1, 0);
  return Math.max(skipped, await lost(stage) - before);
}

Deno.test({
  name: "hang-watch: a switch of renditions shows every picture",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await CanvasStage.open({
      chromium: path!,
      media: { renditions: RENDITIONS, fps: FPS },
      players: playersPage([
        `latency="${LATENCY_MS}" style="width: 800px"`,
      ]),
    });
    const { viewer } = stage;
    await shown(viewer, 10);

    await t.step("by hand, back and forth", async () => {
      const incomplete: string[] = [];
      let [complete, calm] = [0, 0];
      for (let round = 0; round < ROUNDS && complete < WANTED; round++) {
        const to = ["small", "large"][round % 2]!;
        const duringSwitch = await missing(stage, to);
        if (duringSwitch === 0) complete++;
        else incomplete.push(`${duringSwitch} to ${to}`);
        // Beside it the same without a switch: whether the machine is to blame.
        if (duringSwitch > 0 && await missing(stage) === 0) calm++;
      }
      if (complete === WANTED) return;
      const said = `pictures missing: ${incomplete.join(", ")}`;
      assert.ok(calm < incomplete.length * MOSTLY, said);
      // deno-lint-ignore no-console
      console.warn("SKIPPED: pictures are missing without a switch, too");
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
