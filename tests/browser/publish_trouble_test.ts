/**
 * `<hang-publish>` where something is missing, refused or lost: what it says,
 * and how it goes on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import {
  isCalm,
  press,
  publishCamera,
  reach,
  seesCamera,
  showsMore,
} from "./publish_page.ts";
import { Devices, PUBLISHER, PublishStage } from "./publish_stage.ts";

const path = findChromium();
const TEXT = `${PUBLISHER}.state.text`;

/** Takes the camera away as if it were unplugged, for as long as `then` is not called. */
const UNPLUG = `(() => {
  const { mediaDevices } = navigator;
  const track = ${PUBLISHER}.capture.camera.track.peek();
  mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException("unplugged", "NotFoundError"));
  track.stop();
  track.dispatchEvent(new Event("ended"));
  globalThis.plugIn = () => {
    delete mediaDevices.getUserMedia;
    mediaDevices.dispatchEvent(new Event("devicechange"));
  };
})()`;

function says(page: Page): Promise<string> {
  return page.evaluate<string>(TEXT);
}

Deno.test({
  name: "hang-publish: survives a lost camera, a reload and a relay restart",
  ignore: path === undefined,
  async fn(t) {
    await using devices = await Devices.make();
    await using stage = await PublishStage.open();
    await using chromium = await Chromium.launch(path!, devices.flags);
    const page = await stage.publisher(chromium);
    await publishCamera(page);
    const viewer = await stage.viewer(chromium);
    await seesCamera(viewer);
    // Each begins where the one before has ended.
    const step = async (name: string, fn: () => Promise<void>) =>
      assert.ok(await t.step(name, fn));

    await step("a camera that is unplugged and plugged in", async () => {
      await page.evaluate(UNPLUG);
      await page.until(`!${PUBLISHER}.publisher.catalog.video`);
      const notice = await page.evaluate<string>(
        `${PUBLISHER}.shadowRoot.querySelector(".notice").textContent`,
      );
      assert.match(notice, /camera was disconnected; plug it back in/);
      assert.equal(
        await page.evaluate(`!!${PUBLISHER}.publisher.catalog.audio`),
        true,
        "the sound goes on",
      );
      await page.evaluate("plugIn()");
      await page.until(`${PUBLISHER}.publisher.catalog.video`);
      await showsMore(viewer);
      await seesCamera(viewer);
    });

    await step("the page is loaded again", async () => {
      await page.goto("about:blank");
      await page.goto(`${stage.url}publish/camera#viewer=off`);
      await page.until(`${PUBLISHER}?.publisher`);
      await publishCamera(page);
      await showsMore(viewer);
      await seesCamera(viewer);
    });

    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await step(`the relay gets ${signal} and starts again`, async () => {
        await stage.restartRelay(signal);
        await showsMore(viewer);
        await seesCamera(viewer);
        await reach(page, "watched");
      });
    }

    await step("the relay goes away: it says so", async () => {
      await stage.relay.stop("SIGKILL");
      await reach(page, "relay-gone");
      assert.match(await says(page), /^Relay unreachable/);
    });
  },
});

Deno.test({
  name: "hang-publish: says in plain words what is missing and what to do",
  ignore: path === undefined,
  async fn(t) {
    await using devices = await Devices.make("320x180", 15);
    await using stage = await PublishStage.open();
    await using chromium = await Chromium.launch(path!, devices.flags);
    const refusing = (name: string) =>
      `navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException("no", ${JSON.stringify(name)}));`;

    await t.step("no device, by a browser that has none", async () => {
      await using bare = await Chromium.launch(path!, [
        "--use-fake-ui-for-media-stream",
      ]);
      const page = await stage.publisher(bare);
      await press(page, "camera");
      await reach(page, "missing");
      assert.match(await says(page), /No camera found; plug one in/);
      await page.close();
    });

    await t.step("refused, then allowed and tried again", async () => {
      const page = await stage.publisher(chromium, {
        before: refusing("NotAllowedError"),
      });
      await press(page, "camera");
      await reach(page, "denied");
      assert.match(await says(page), /allow it in the address bar/);
      await page.evaluate("delete navigator.mediaDevices.getUserMedia");
      await press(page, "action");
      await reach(page, "live");
      await page.close();
    });

    await t.step("in use elsewhere, tried by itself", async () => {
      const page = await stage.publisher(chromium, {
        before: refusing("NotReadableError"),
      });
      await press(page, "camera");
      await reach(page, "busy");
      assert.match(await says(page), /in use by another program/);
      await page.evaluate("delete navigator.mediaDevices.getUserMedia");
      await reach(page, "live");
      await page.close();
    });

    await t.step("no WebCodecs: nothing can be encoded", async () => {
      const page = await stage.publisher(chromium, {
        before:
          "delete globalThis.VideoEncoder; delete globalThis.AudioEncoder",
      });
      await press(page, "camera");
      await reach(page, "unsupported");
      assert.match(await says(page), /no WebCodecs/);
      await page.close();
    });

    await t.step("a file that is no video", async () => {
      const page = await stage.publisher(chromium);
      await page.evaluate(`(() => {
        ${PUBLISHER}.file = new Blob(["no video"], { type: "video/mp4" });
        ${PUBLISHER}.source = "file";
      })()`);
      await reach(page, "unsupported");
      assert.match(await says(page), /try MP4 or WebM/);
      await page.close();
    });

    await t.step("no processor for tracks: by a video element", async () => {
      const page = await stage.publisher(chromium, {
        before: "delete globalThis.MediaStreamTrackProcessor",
      });
      await publishCamera(page);
      const viewer = await stage.viewer(chromium);
      await showsMore(viewer, 30);
      await seesCamera(viewer);
      await viewer.close();
      isCalm(page);
      await page.close();
    });

    await t.step("attributes without sense do no harm", async () => {
      const page = await stage.publisher(chromium);
      await page.evaluate(`(() => {
        const one = document.createElement("hang-publish");
        for (const name of one.constructor.observedAttributes) {
          for (const text of ["", "?", "javascript:alert(1)", "-1e9", "false", "\\ud800"]) {
            one.setAttribute(name, text);
          }
        }
        document.body.append(one);
        one.remove();
        document.body.append(one);
        one.remove();
      })()`);
      isCalm(page);
      await page.close();
    });
  },
});
