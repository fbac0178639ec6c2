/**
 * hls.js in Chromium plays what `hang serve-hls` makes of a live broadcast, and
 * goes on when another publisher takes over.
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
import { Hang } from "../media/hang_process.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { html, script, Site } from "./site.ts";

const path = findChromium();
const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

const PAGE = `import Hls from "${PACKAGES.hls}";
const video = document.querySelector("video");
const hls = new Hls({ liveSyncDurationCount: 2 });
globalThis.fatal = [];
hls.on(Hls.Events.ERROR, (_, data) => {
  if (data.fatal) fatal.push(data.details + " " + data.error?.message);
});
globalThis.levels = () => hls.levels.map(({ width, height, frameRate, codecs, audioCodec, videoCodec }) =>
  ({ width, height, frameRate, videoCodec, audioCodec }));
globalThis.discontinuities = () =>
  new Set(hls.levels[0]?.details?.fragments.map(({ cc }) => cc)).size;
globalThis.play = (url) => {
  hls.loadSource(url);
  hls.attachMedia(video);
  return video.play();
};
globalThis.picture = () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  if (canvas.width === 0) return undefined;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const sum = data.reduce((sum, value, at) => (sum * 31 + value * at) % 1e9, 0);
  return { sum, width: canvas.width, height: canvas.height };
};
`;

/** Publishes the clip over and over at `url`; dispose of it to end that. */
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

Deno.test({
  name: "hang serve-hls: hls.js plays it, and goes on with the next publisher",
  ignore: path === undefined,
  async fn() {
    const relay = await freshRelay();
    const url = urlOf(relay);
    try {
      await using site = new Site({
        "/": html(
          `<video muted></video><script type="module" src="page.js"></script>`,
        ),
        "/page.js": script(await bundle(PAGE)),
      });
      await using chromium = await Chromium.launch(path!, [
        "--autoplay-policy=no-user-gesture-required",
      ]);
      const first = await publishClip(url);
      await using server = new Hang([
        ...["serve-hls", "--url", url, "--name", "demo"],
        ...["--listen", "127.0.0.1:0"],
      ]);
      const lines = server.lines()[Symbol.asyncIterator]();
      const { value: master } = await lines.next();
      const page = await chromium.page();
      await page.goto(site.url);
      await page.evaluate(`play(${JSON.stringify(master)})`);
      const moves = async (): Promise<void> => {
        const { sum, width, height } = await page.until<
          { sum: number; width: number; height: number }
        >("picture()", 20_000);
        assert.deepEqual([width, height], [640, 360]);
        await page.until(`(picture()?.sum ?? ${sum}) !== ${sum}`, 20_000);
      };
      await moves();
      assert.deepEqual(await page.evaluate("levels()"), [{
        width: 640,
        height: 360,
        frameRate: 30,
        videoCodec: "avc1.4d401e",
        audioCodec: "mp4a.40.2",
      }]);

      await first[Symbol.asyncDispose]();
      await using _second = await publishClip(url);
      await page.until("discontinuities() > 1", 30_000);
      const at = await page.evaluate<number>(
        "document.querySelector('video').currentTime",
      );
      await page.until(
        `document.querySelector("video").currentTime > ${at + 12}`,
        40_000,
      );
      await moves();
      assert.deepEqual(await page.evaluate("fatal"), []);
    } finally {
      await relay.close();
    }
  },
});
