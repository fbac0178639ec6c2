/**
 * `<hang-publish>` in Chromium with a camera and a microphone that are files:
 * what a viewer sees and hears, and what is encoded without viewers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connect } from "@moq-deno/lite/deno";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { PLAYER, tone } from "./player_page.ts";
import {
  COUNT_ENCODES,
  isCalm,
  press,
  publishCamera,
  reach,
  seesCamera,
  showsMore,
  showsSize,
} from "./publish_page.ts";
import {
  Devices,
  NAME,
  PUBLISHER,
  PublishStage,
  TONE_HERTZ,
} from "./publish_stage.ts";

const path = findChromium();
const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);
const CLIP_HERTZ = 440;
// A busy machine swallows some.
const MOST_LOOKS = 20;
const STATS = `${PUBLISHER}.stats`;
const CATALOG = `${PUBLISHER}.publisher.catalog`;

interface Encodes {
  readonly video: number;
  readonly audio: number;
}

/** Waits until the player plays this tone; each look takes a second. */
async function hears(page: Page, hertz: number): Promise<void> {
  await page.until(
    `${PLAYER}?.player?.audioNode && ${PLAYER}.stats.decodedSounds > 50`,
    20_000,
  );
  const heard: number[] = [];
  while (heard.length < MOST_LOOKS) {
    const { hertz: now, decibels } = await tone(page);
    if (Math.abs(now - hertz) < 8 && decibels > -60) return;
    heard.push(now);
  }
  assert.fail(`Expected ${hertz} Hz, got ${heard}`);
}

/** Waits until all encoders are freed; nothing is encoded while the preview then plays for a second. */
async function rests(page: Page): Promise<void> {
  await reach(page, "live");
  await page.until(
    `${STATS}.video.every(({ bitrateBps }) => bitrateBps === 0)`,
    20_000,
  );
  const before = await page.evaluate<Encodes>("encodes");
  const playedSeconds =
    `${PUBLISHER}.shadowRoot.querySelector("video").currentTime`;
  const seconds = await page.evaluate<number>(playedSeconds);
  await page.until(`${playedSeconds} > ${seconds + 1}`, 20_000);
  assert.deepEqual(await page.evaluate<Encodes>("encodes"), before);
}

/** Subscribes to one rendition; dispose of it to end that. */
async function subscribeTo(
  url: string,
  track: string,
): Promise<AsyncDisposable> {
  const session = await connect(url, { role: "subscriber" });
  for await (const { path } of session.announced()) {
    if (path === NAME) break;
  }
  const subscription = session.consume(NAME).track(track).subscribe();
  return {
    async [Symbol.asyncDispose]() {
      subscription.close();
      await session[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "hang-publish: picture and tone arrive; encoders rest without viewers",
  ignore: path === undefined,
  async fn(t) {
    await using devices = await Devices.make();
    await using stage = await PublishStage.open();
    await using chromium = await Chromium.launch(path!, devices.flags);
    const page = await stage.publisher(chromium, { before: COUNT_ENCODES });
    // One encoding, until it is about several: a player on a busy machine prefers the small one.
    await page.evaluate(`${PUBLISHER}.setAttribute("simulcast", "false")`);
    // Each begins where the one before has ended.
    const step = async (name: string, fn: () => Promise<void>) =>
      assert.ok(await t.step(name, fn));

    await step("announced, and nothing encoded", async () => {
      await publishCamera(page);
      await page.until(`${PUBLISHER}.publisher.level() > 0.01`);
      const encodes = await page.evaluate<Encodes>("encodes");
      assert.deepEqual(encodes, { video: 0, audio: 0 });
      assert.equal(await page.evaluate(`${PUBLISHER}.state.kind`), "live");
    });

    const viewer = await stage.viewer(chromium);
    await step("what a viewer sees and hears", async () => {
      await seesCamera(viewer);
      await showsSize(viewer, 640, 360);
      await hears(viewer, TONE_HERTZ);
      await viewer.until(`${PLAYER}.stats.framesPerSecond > 24`, 30_000);
      assert.equal(await page.evaluate(`${PUBLISHER}.state.kind`), "watched");
    });

    await step(
      "muted: no sound in the catalog, and the microphone is let go of",
      async () => {
        await press(page, "mute");
        await page.until(`!${CATALOG}.audio`);
        await viewer.until(`${PLAYER}.player.audioNode === undefined`);
        assert.equal(
          await page.evaluate(`${PUBLISHER}.capture.microphone.track.peek()`),
          undefined,
        );
        await showsMore(viewer);
        await press(page, "mute");
        await hears(viewer, TONE_HERTZ);
      },
    );

    await step(
      "invisible: no picture in the catalog, and the camera is let go of",
      async () => {
        await press(page, "hide");
        await page.until(`!${CATALOG}.video && ${CATALOG}.audio`);
        assert.equal(
          await page.evaluate(`${PUBLISHER}.capture.camera.track.peek()`),
          undefined,
        );
        await press(page, "hide");
        await showsMore(viewer);
        await seesCamera(viewer);
      },
    );

    await step(
      "another camera or screen is another picture on the same track",
      async () => {
        await press(page, "share");
        await page.until(
          `${CATALOG}.video?.renditions["video/hd"].codedWidth > 640`,
        );
        const { codedWidth, codedHeight } = await page.evaluate<
          { readonly codedWidth: number; readonly codedHeight: number }
        >(`${CATALOG}.video.renditions["video/hd"]`);
        await showsSize(viewer, codedWidth, codedHeight);
        await showsMore(viewer);
        await press(page, "share");
        await showsSize(viewer, 640, 360);
        await seesCamera(viewer);
      },
    );

    await step("a file", async () => {
      const base64 = (await Deno.readFile(CLIP)).toBase64();
      await page.evaluate(`(() => {
        ${PUBLISHER}.file = new Blob([Uint8Array.fromBase64("${base64}")], { type: "video/mp4" });
        ${PUBLISHER}.source = "file";
      })()`);
      await reach(page, "live", "watched");
      await showsMore(viewer, 30);
      await page.until(`${PUBLISHER}.publisher.level() > 0.01`);
      await hears(viewer, CLIP_HERTZ);
      await page.evaluate(`${PUBLISHER}.source = "camera"`);
      await seesCamera(viewer);
    });

    await step("a viewer less: the encoders rest", async () => {
      await viewer.close();
      await rests(page);
    });

    await step(
      "simulcast: only the rendition that is subscribed to is encoded",
      async () => {
        await page.evaluate(`${PUBLISHER}.removeAttribute("simulcast")`);
        await page.until(`${CATALOG}.video?.renditions["video/sd"]`);
        const counts = () =>
          page.evaluate<readonly number[]>(
            `${STATS}.video.map(({ encodedFrames }) => encodedFrames)`,
          );
        const before = await counts();
        const encodes = async (track: string, index: number) => {
          await using _ = await subscribeTo(stage.relayUrl, track);
          await page.until(
            `${STATS}.video[${index}].encodedFrames > ${before[index]! + 60}`,
            20_000,
          );
        };
        await encodes("video/sd", 1);
        await rests(page);
        const between = await counts();
        assert.equal(between[0], before[0], "the large one rests");
        await encodes("video/hd", 0);
        await rests(page);
        const after = await counts();
        assert.equal(after[1], between[1], "the small one rests");
      },
    );

    await step(
      "simulcast: a player changes from one to the other",
      async () => {
        const viewer = await stage.viewer(chromium);
        await viewer.until(`${PLAYER}?.player`);
        const pick = (name: string) =>
          viewer.evaluate(
            `${PLAYER}.player.rendition.set(${JSON.stringify(name)})`,
          );
        await pick("video/sd");
        await showsSize(viewer, 320, 180);
        await seesCamera(viewer);
        await pick("video/hd");
        await showsSize(viewer, 640, 360);
        await seesCamera(viewer);
        await viewer.close();
      },
    );
    isCalm(page);
  },
});
