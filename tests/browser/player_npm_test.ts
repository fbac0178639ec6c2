/**
 * The element `moq-publish` from npm publishes a camera and a microphone from
 * one page, and `<hang-watch>` plays them in another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pageFrom } from "../../examples/demo/ports.ts";
import { bundle, PACKAGES } from "../interop/npm/bundle.ts";
import { freshRelay, urlOf } from "../interop/npm/exchange.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { PLAYER } from "./player_page.ts";
import { html, script, Site } from "./site.ts";

const path = findChromium();
const PAGE = import.meta.resolve("../interop/npm/publish_page.js");
const ENTRY = `import "${PACKAGES.publish}"; import "${PAGE}";`;

Deno.test({
  name: "hang-watch: plays the camera and the microphone of moq-publish",
  ignore: path === undefined,
  async fn() {
    await using site = new Site({
      "/": html(`<script type="module" src="publish.js"></script>`),
      "/publish.js": script(await bundle(ENTRY)),
    });
    await using chromium = await Chromium.launch(path!, [
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
    ]);
    const relay = await freshRelay();
    const url = urlOf(relay);
    const server = pageFrom(18_090, { relay: url });
    try {
      const publisher = await chromium.page();
      await publisher.goto(site.url);
      await publisher.evaluate(
        `publish(${JSON.stringify({ url, name: "camera", webSocket: false })})`,
      );
      const viewer = await chromium.page();
      await viewer.goto(`http://127.0.0.1:${server.addr.port}/`);
      await viewer.until(
        `${PLAYER}?.stats?.shownFrames > 40 && ${PLAYER}.stats.decodedSounds > 60`,
        20_000,
      );
      assert.equal(await viewer.evaluate(`${PLAYER}.state.kind`), "playing");
    } finally {
      await server.shutdown();
      await relay.close();
    }
  },
});
