/**
 * The element `moq-watch` from npm shows what we publish, through our relay.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { openFileSource } from "../../hang/cli/file_source.ts";
import { bundle, PACKAGES } from "../interop/npm/bundle.ts";
import { freshRelay, urlOf } from "../interop/npm/exchange.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { html, script, Site } from "./site.ts";

const path = findChromium();
const PAGE = import.meta.resolve("../interop/npm/watch_page.js");
const ENTRY = `import "${PACKAGES.watch}"; import "${PAGE}";`;
const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colourful: number;
  readonly sum: number;
}

/** Publishes the demo's clip over and over at `url`; dispose of it to end that. */
async function publishClip(url: string): Promise<AsyncDisposable> {
  await using begun = new AsyncDisposableStack();
  const source = begun.use(await openFileSource(CLIP));
  const media = begun.adopt(await openMedia(source), (media) => media.close());
  const session = begun.use(await connect(url, { role: "publisher" }));
  const broadcast = new BroadcastProducer();
  session.publish("demo", broadcast);
  const publication = publishMedia(broadcast, media, { loop: true });
  begun.defer(async () => {
    publication.close();
    await publication.closed;
    broadcast.close();
  });
  return begun.move();
}

/** The picture is the clip's, and it moves; the sound is the clip's. */
async function checkShown(page: Page): Promise<void> {
  const { sum, width, height, colourful } = await page.until<Picture>(
    "picture()",
  );
  assert.deepEqual([width, height], [640, 360]);
  // Most of the test picture is in saturated colours.
  assert.ok(
    colourful > width * height / 4,
    `${colourful} of ${width * height}`,
  );
  await page.until(`(picture()?.sum ?? ${sum}) !== ${sum}`);
  await page.until("Math.abs(tone() - 440) < 10");
}

const WAYS = [
  { name: "WebTransport", webSocket: false, before: "" },
  {
    name: "WebSocket, in a page without WebTransport",
    webSocket: true,
    before: "delete globalThis.WebTransport",
  },
];

Deno.test({
  name: "moq-watch in Chromium: shows and plays the demo's clip",
  ignore: path === undefined,
  async fn(t) {
    await using site = new Site({
      "/": html(`<script type="module" src="watch.js"></script>`),
      "/watch.js": script(await bundle(ENTRY)),
    });
    await using chromium = await Chromium.launch(path!, [
      "--autoplay-policy=no-user-gesture-required",
    ]);
    for (const { name, webSocket, before } of WAYS) {
      await t.step(name, async () => {
        const relay = await freshRelay();
        try {
          const url = urlOf(relay);
          await using _publisher = await publishClip(url);
          const page = await chromium.page({ before });
          await page.goto(site.url);
          const what = JSON.stringify({ url, name: "demo", webSocket });
          await page.evaluate(`watch(${what})`);
          assert.equal(await page.until("version()"), "moq-lite-05");
          await checkShown(page);
          await page.close();
        } finally {
          await relay.close();
        }
      });
    }
  },
});
