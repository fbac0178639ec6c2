/**
 * `<hang-watch>` in fullscreen, in a window of its own, in a hidden tab, and on
 * media keys and lock screens.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CANVAS_NAME, CanvasStage } from "./canvas_stage.ts";
import { findChromium, type Page } from "./chromium.ts";
import { press } from "./keyboard.ts";
import { PLAYER, shown } from "./player_page.ts";

const path = findChromium();
const MEDIA = {
  renditions: [{ name: "video", width: 192, height: 112, bitrate: 200_000 }],
  fps: 10,
};
const WATCH = `<hang-watch url="RELAY" name="${CANVAS_NAME}"></hang-watch>`;
const SCRIPT =
  `<script type="module">import "@moq-deno/hang/ui/hang-watch";</script>`;
const PLAYERS = `<style>hang-watch { width: 640px }</style>${WATCH}${SCRIPT}`;
const SHADOW = `${PLAYER}.shadowRoot`;

function open(
  players: string,
  page: NonNullable<Parameters<typeof CanvasStage.open>[0]["page"]> = {},
): Promise<CanvasStage> {
  return CanvasStage.open({ chromium: path!, media: MEDIA, players, page });
}

/** Presses a key while the player has the keyboard. */
async function pressIn(page: Page, key: string): Promise<void> {
  await page.evaluate(`${SHADOW}.querySelector(".root").focus()`);
  await press(page, key);
}

function clickOn(page: Page, part: string): Promise<void> {
  const click = `${SHADOW}.querySelector(".${part}").click()`;
  return page.evaluate(click, { userGesture: true });
}

/** What the page complained of. */
function errorsOf(page: Page): string[] {
  return page.console.filter((line) => /^(error|uncaught)/.test(line));
}

Deno.test({
  name: "hang-watch: fullscreen and back, by button, key and double click",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await open(PLAYERS);
    const { viewer: page } = stage;
    await shown(page, 5);
    const isFull = `document.fullscreenElement === ${PLAYER}`;
    const pressed = `${SHADOW}.querySelector(".fullscreen").ariaPressed`;
    const enters = async () => {
      await page.until(`${isFull} && ${pressed} === "true"`);
      // All of the window, and the picture as large as fits in it.
      await page.until(`(() => {
        const { width, height } = ${SHADOW}.querySelector("canvas").getBoundingClientRect();
        return width === innerWidth && height === innerHeight;
      })()`);
      await shown(page, await shown(page) + 5);
    };
    const leaves = async () => {
      await page.until(
        `document.fullscreenElement === null && ${pressed} === "false"`,
      );
      await page.until(`${PLAYER}.getBoundingClientRect().width === 640`);
    };

    await t.step("the button", async () => {
      await page.until(`${pressed} === "false"`);
      await clickOn(page, "fullscreen");
      await enters();
      await clickOn(page, "fullscreen");
      await leaves();
    });

    await t.step("a double click on the picture", async () => {
      const at = { x: 320, y: 120, button: "left" };
      for (const clickCount of [1, 2]) {
        for (const type of ["mousePressed", "mouseReleased"]) {
          await page.send("Input.dispatchMouseEvent", {
            ...at,
            type,
            clickCount,
          });
        }
      }
      await enters();
      await pressIn(page, "f");
      await leaves();
    });

    await t.step("without leave of the page it stays", async () => {
      await page.evaluate(`${PLAYER}.requestFullscreen = () => Promise.reject(
        new TypeError("Permissions check failed"))`);
      await pressIn(page, "f");
      await shown(page, await shown(page) + 5);
      assert.equal(await page.evaluate("document.fullscreenElement"), null);
    });
    assert.deepEqual(errorsOf(page), []);
  },
});

Deno.test({
  name: "hang-watch: fullscreen within another shadow tree, or no button",
  ignore: path === undefined,
  async fn(t) {
    const inside = `<div id="host"><template shadowrootmode="open">
      ${WATCH}</template></div>${SCRIPT}`;
    await using stage = await open(inside);
    const { viewer: page } = stage;

    await t.step("in a shadow tree", async () => {
      const host = `document.querySelector("#host")`;
      const player = `${host}.shadowRoot.querySelector("hang-watch")`;
      await page.until(`${player}.stats?.shownFrames > 5`, 20_000);
      await page.evaluate(
        `${player}.shadowRoot.querySelector(".root").focus()`,
      );
      await press(page, "f");
      await page.until(`document.fullscreenElement === ${host}`);
      await press(page, "f");
      await page.until(`document.fullscreenElement === null`);
    });

    await t.step("where there is none, as on a phone", async () => {
      const phone = await stage.browser.page({
        before:
          `Object.defineProperty(document, "fullscreenEnabled", { value: undefined });
          Object.defineProperty(document, "pictureInPictureEnabled", { value: undefined });
          delete Element.prototype.requestFullscreen;
          delete HTMLVideoElement.prototype.requestPictureInPicture;`,
      });
      await phone.goto(await page.evaluate("location.href"));
      await phone.evaluate(`document.body.append(
        document.querySelector("#host").shadowRoot.querySelector("hang-watch"))`);
      await shown(phone, 5);
      for (const part of ["fullscreen", "pip"]) {
        const button = `${SHADOW}.querySelector(".${part}")`;
        assert.equal(await phone.evaluate(`${button}.hidden`), true, part);
      }
      for (const key of ["f", "p"]) await pressIn(phone, key);
      await shown(phone, await shown(phone) + 5);
      assert.deepEqual(errorsOf(phone), []);
    });
    assert.deepEqual(errorsOf(page), []);
  },
});

Deno.test({
  name: "hang-watch: a hidden tab downloads only for picture in picture",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await open(PLAYERS);
    const { viewer: page } = stage;
    await shown(page, 5);
    const video = "document.pictureInPictureElement";
    const pressed = `${SHADOW}.querySelector(".pip").ariaPressed`;
    /** Waits until the window has shown so many more pictures. */
    const shownAside = async (more: number) => {
      const count = `${video}.getVideoPlaybackQuality().totalVideoFrames`;
      const before = await page.evaluate<number>(count);
      await page.until(`${count} >= ${before + more}`, 20_000);
    };

    await t.step("opens with the picture in it", async () => {
      await clickOn(page, "pip");
      await page.until(`${video}?.videoWidth === 192 && ${pressed} === "true"`);
      assert.equal(await page.evaluate(`${video}.videoHeight`), 112);
      await shownAside(5);
    });

    await t.step("another tab is in front", async () => {
      await page.evaluate(
        `globalThis.other = window.open("about:blank"), undefined`,
        { userGesture: true },
      );
      await page.until(`document.visibilityState === "hidden"`);
      await shownAside(10);
      assert.equal(await page.evaluate(`${PLAYER}.state.kind`), "playing");
    });

    await t.step("the browser closes it: nothing is downloaded", async () => {
      await page.evaluate("document.exitPictureInPicture()");
      await page.until(`${pressed} === "false"`);
      await page.until(`${PLAYER}.stats.bitrateBps === 0`);
    });

    await t.step("the tab is in front again", async () => {
      const before = await shown(page);
      await page.evaluate("other.close()");
      await page.until(`document.visibilityState === "visible"`);
      await shown(page, before + 10);
    });

    await t.step("a picture that is paused can be put there", async () => {
      await page.evaluate(`${PLAYER}.paused = true`);
      await page.until(`${PLAYER}.stats.bitrateBps === 0`);
      await pressIn(page, "p");
      await page.until(`${video}?.videoWidth === 192 && ${pressed} === "true"`);
      await page.evaluate(`${PLAYER}.paused = false`);
      await shownAside(5);
    });

    await t.step("another broadcast, or none: it closes", async () => {
      await page.evaluate(`${PLAYER}.name = "nobody"`);
      await page.until(`${video} === null && ${pressed} === "false"`);
    });
    assert.deepEqual(errorsOf(page), []);
  },
});

Deno.test({
  name: "hang-watch: media keys are those of the player that played last",
  ignore: path === undefined,
  async fn(t) {
    const two = `<style>hang-watch { width: 320px }</style>
      ${WATCH}${WATCH.replace(">", " paused>")}${SCRIPT}`;
    await using stage = await open(two, {
      before: `globalThis.handlers = {};
        const set = MediaSession.prototype.setActionHandler;
        MediaSession.prototype.setActionHandler = function (action, handler) {
          handlers[action] = handler;
          return set.call(this, action, handler);
        };`,
    });
    const { viewer: page } = stage;
    const [first, second] = [0, 1].map((index) =>
      `document.querySelectorAll("hang-watch")[${index}]`
    ) as [string, string];
    const session = "navigator.mediaSession";
    const says = (state: string) =>
      page.until(`${session}.playbackState === "${state}"`);
    await shown(page, 5);

    await t.step("what plays, and its name", async () => {
      await says("playing");
      assert.equal(
        await page.evaluate(`${session}.metadata.title`),
        CANVAS_NAME,
      );
    });

    await t.step("pause, play, stop", async () => {
      for (
        const [key, isPaused] of [
          ["pause", true],
          ["play", false],
          ["stop", true],
          ["play", false],
        ] as const
      ) {
        await page.evaluate(`handlers.${key}({ action: "${key}" })`);
        assert.equal(await page.evaluate(`${first}.paused`), isPaused);
        await says(isPaused ? "paused" : "playing");
      }
    });

    await t.step("another player that begins takes them over", async () => {
      await page.evaluate(`${second}.paused = false`);
      await page.until(`${second}.state.kind === "playing"`, 20_000);
      await page.until(`(handlers.pause(), ${second}.paused)`);
      assert.equal(await page.evaluate(`${first}.paused`), false);
    });

    await t.step("without it they are the first one's again", async () => {
      await page.evaluate(`${second}.remove()`);
      await says("playing");
      await page.evaluate(`handlers.pause({ action: "pause" })`);
      assert.equal(await page.evaluate(`${first}.paused`), true);
    });

    await t.step("without a player they are released", async () => {
      await page.evaluate(`${first}.remove()`);
      await says("none");
      assert.deepEqual(await page.evaluate("handlers"), {
        play: null,
        pause: null,
        stop: null,
      });
      assert.equal(await page.evaluate(`${session}.metadata`), null);
    });
    assert.deepEqual(errorsOf(page), []);
  },
});
