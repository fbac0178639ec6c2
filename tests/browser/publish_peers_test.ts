/**
 * What `<hang-publish>` publishes, at other people's viewers: the element
 * `moq-watch` from npm, and the Rust tool `moq`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bundle, PACKAGES } from "../interop/npm/bundle.ts";
import { countFrames, watch } from "../interop/rust/peers.ts";
import { output } from "../media/tools.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { publishCamera } from "./publish_page.ts";
import {
  Devices,
  LEFT,
  NAME,
  PUBLISHER,
  PublishStage,
  RIGHT,
  TONE_HERTZ,
} from "./publish_stage.ts";
import { html, script, Site } from "./site.ts";

const path = findChromium();
const WATCH_PAGE = import.meta.resolve("../interop/npm/watch_page.js");
const WATCH = `import "${PACKAGES.watch}"; import "${WATCH_PAGE}";`;
// What the Rust tool is told to watch.
const RUST_NAME = "interop.hang";
const RUST_TEST =
  "hang-publish: the Rust tool moq writes it into a file that plays";
const MOST_DIFFERENCE = 24;
// Building it takes longer than all other tests of browsers together.
const hasRust = Deno.env.has("MOQ_RUST_BIN");

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colourful: number;
}

/** Waits until the page shows a picture of this size, in the camera's colours. */
async function seesPicture(
  page: Page,
  width: number,
  height: number,
): Promise<void> {
  const { colourful } = await page.until<Picture>(
    `(() => {
      const seen = picture();
      return seen?.width === ${width} && seen.height === ${height} && seen;
    })()`,
    30_000,
  );
  assert.ok(colourful > 0.95 * width * height, `${colourful} pixels`);
}

Deno.test({
  name: "hang-publish: moq-watch of npm shows and plays it",
  ignore: path === undefined,
  async fn() {
    await using site = new Site({
      "/": html(`<script type="module" src="watch.js"></script>`),
      "/watch.js": script(await bundle(WATCH)),
    });
    await using devices = await Devices.make();
    await using stage = await PublishStage.open();
    await using chromium = await Chromium.launch(path!, devices.flags);
    const page = await stage.publisher(chromium);
    // One encoding: which of several it takes is its own affair.
    await page.evaluate(`${PUBLISHER}.setAttribute("simulcast", "false")`);
    await publishCamera(page);
    const viewer = await chromium.page();
    await viewer.goto(site.url);
    const what = { url: stage.relayUrl, name: NAME, webSocket: false };
    await viewer.evaluate(`watch(${JSON.stringify(what)})`);
    await seesPicture(viewer, 640, 360);
    await viewer.until(`Math.abs(tone() - ${TONE_HERTZ}) < 15`, 30_000);
  },
});

/** The mean colours of both halves of the first picture of `file`. */
async function colours(file: string): Promise<readonly number[][]> {
  const folder = await Deno.makeTempDir();
  try {
    await output("ffmpeg", [
      ...["-i", file, "-frames:v", "1"],
      ...["-vf", "format=rgb24,scale=2:1:flags=area"],
      ...["-f", "rawvideo", `${folder}/picture`],
    ]);
    const bytes = await Deno.readFile(`${folder}/picture`);
    return [[...bytes.subarray(0, 3)], [...bytes.subarray(3, 6)]];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: hasRust ? RUST_TEST : `${RUST_TEST} (needs MOQ_RUST_BIN)`,
  ignore: path === undefined || !hasRust,
  async fn() {
    await using devices = await Devices.make();
    await using stage = await PublishStage.open();
    await using chromium = await Chromium.launch(path!, devices.flags);
    const page = await stage.publisher(chromium);
    await page.evaluate(`${PUBLISHER}.name = "${RUST_NAME}"`);
    await publishCamera(page);
    const file = await Deno.makeTempFile({ suffix: ".mp4" });
    const end = new AbortController();
    try {
      const { host } = new URL(stage.relayUrl);
      const watching = watch("rust", file, {
        relay: { host, fingerprint: "", async [Symbol.asyncDispose]() {} },
        scheme: "http",
        version: "06",
        signal: end.signal,
      });
      await page.until(
        `${PUBLISHER}.stats.video[0].encodedFrames > 300`,
        30_000,
      );
      end.abort();
      await watching;
      const { video = 0, audio = 0 } = await countFrames(file);
      assert.ok(
        video > 60 && audio > 100,
        `${video} pictures, ${audio} sounds`,
      );
      const seen = await colours(file);
      for (const [half, colour] of [LEFT, RIGHT].entries()) {
        const off = colour.map((value, at) =>
          Math.abs(value - seen[half]![at]!)
        );
        assert.ok(Math.max(...off) <= MOST_DIFFERENCE, `${seen}`);
      }
    } finally {
      end.abort();
      await Deno.remove(file);
    }
  },
});
