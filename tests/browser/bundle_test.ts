/**
 * `hang-watch.js`, as a page of one's own has it: one script, one element.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bundleElement } from "../package/bundle_elements.ts";
import { temporaryFolder } from "../package/temporary_folder.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { PLAYER, shown } from "./player_page.ts";
import { html, script, Site } from "./site.ts";
import { NAME, Stage } from "./stage.ts";

const path = findChromium();
const ROUNDS = 3;

// The time since navigation at which the player first had a picture.
const FIRST_PICTURE = `new Promise((done) => {
  const look = () => ${PLAYER}?.stats?.shownFrames > 0
    ? done(Math.round(performance.now()))
    : setTimeout(look, 5);
  look();
})`;

Deno.test({
  name: "hang-watch.js: plays in a page with its script and one element",
  ignore: path === undefined,
  async fn() {
    await using folder = await temporaryFolder();
    const { file } = await bundleElement("hang-watch", folder.path);
    const code = await Deno.readTextFile(`${folder.path}/${file}`);
    await using stage = await Stage.open();
    await using site = new Site({
      "/": html(`<script type="module" src="${file}"></script>
<hang-watch url="${stage.relayUrl}" name="${NAME}" muted></hang-watch>`),
      [`/${file}`]: script(code),
    });
    await using chromium = await Chromium.launch(path!);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await chromium.page();
      await page.goto(site.url);
      times.push(await page.evaluate<number>(FIRST_PICTURE));
      await shown(page, 30);
      assert.equal(await page.evaluate(`${PLAYER}.state.kind`), "playing");
      assert.deepEqual(page.console, []);
      await page.close();
    }
    // deno-lint-ignore no-console
    console.log(`first picture after ${times.join(", ")} ms`);
  },
});
