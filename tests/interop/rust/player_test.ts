/**
 * `<hang-watch>` in Chromium plays broadcasts of the Rust command line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium } from "../../browser/chromium.ts";
import { modulePage, ModuleSite } from "../../browser/module_site.ts";
import { shown, tone } from "../../browser/player_page.ts";
import { Stage } from "./media.ts";

const path = findChromium();
const H264 = "-c:v libx264 -preset ultrafast -g 25 -bf 0 -pix_fmt yuv420p";
const LOOP = "-re -stream_loop -1 -i";

const IMPORTS = [
  {
    format: "fmp4",
    encode: `${H264} -c:a aac`,
    pipe:
      "-c copy -f mp4 -strict -2 -frag_duration 100000 -movflags cmaf+separate_moof+delay_moov+skip_trailer",
  },
  {
    format: "fmp4",
    encode: "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 -c:a libopus",
    pipe:
      "-c copy -f mp4 -strict -2 -frag_duration 100000 -movflags cmaf+separate_moof+delay_moov+skip_trailer",
  },
  {
    format: "ts",
    encode: `${H264} -c:a aac`,
    pipe: "-c copy -f mpegts -pes_payload_size 0",
  },
];

for (const { format, encode, pipe } of path === undefined ? [] : IMPORTS) {
  Deno.test({
    name: `interop: moq import ${format} (${encode.split(" ")[1]}), hang-watch`,
    // Starts and ends other programs.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using stage = await Stage.open();
      const source = await stage.source("source.mp4", encode);
      await using _import = await stage.import(
        format,
        `${LOOP} ${source} ${pipe}`,
      );
      await using site = new ModuleSite({
        "/": modulePage(
          `<hang-watch url="${stage.url}" name="${stage.broadcast}"></hang-watch>
<script type="module">import "@moq-deno/hang/ui/hang-watch";</script>`,
        ),
      });
      await using chromium = await Chromium.launch(path!, [
        "--autoplay-policy=no-user-gesture-required",
      ]);
      const page = await chromium.page();
      await page.goto(site.url);
      await shown(page, 200);
      const { hertz } = await tone(page);
      assert.ok(Math.abs(hertz - 440) < 6, `${hertz} Hz`);
    },
  });
}
