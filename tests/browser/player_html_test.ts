/**
 * The example in plain HTML, built with the command of its README: three
 * players on one connection, and controls of the page's own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ROOT } from "../package/process.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { script, Site } from "./site.ts";
import { Stage } from "./stage.ts";

const path = findChromium();
const EXAMPLE = new URL("examples/html/", ROOT);
const RELAY = "http://127.0.0.1:4443";
const BUNDLE = /^deno (bundle .*--output )(\S+)( .*)$/m;
const PLAYERS = `[...document.querySelectorAll("hang-watch")]`;
const OWN = `document.querySelector("#own")`;

/** The script that the README's command makes. */
async function bundled(): Promise<string> {
  const readme = await Deno.readTextFile(new URL("README.md", EXAMPLE));
  const [, before = "", , after = ""] = BUNDLE.exec(readme) ?? [];
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/hang-watch.js`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...before.trim().split(" "), out, ...after.trim().split(" ")],
      cwd: ROOT,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return await Deno.readTextFile(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "examples/html: three players of one page, with and without controls",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await Stage.open();
    const text = await Deno.readTextFile(new URL("index.html", EXAMPLE));
    assert.equal(text.split(`url="${RELAY}"`).length, 4);
    await using site = new Site({
      "/": { type: "text/html", body: text.replaceAll(RELAY, stage.relayUrl) },
      "/hang-watch.js": script(await bundled()),
    });
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page({ width: 390, height: 1000 });
    await page.goto(site.url);

    await t.step("all play, over one connection", async () => {
      await page.until(
        `${PLAYERS}.every((one) => one.stats?.shownFrames > 10)`,
        20_000,
      );
      // The catalog and the picture: there is no sound before a gesture.
      await stage.subscribed(2);
    });

    await t.step("controls: the element's, the page's, none", async () => {
      const bars = `${PLAYERS}.map((one) =>
        one.shadowRoot.querySelector(".bar").getBoundingClientRect().width > 0)`;
      assert.deepEqual(await page.evaluate(bars), [true, false, false]);
    });

    await t.step("the page's own buttons", async () => {
      const said = `document.querySelector("#state").value`;
      await page.until(`${said} === "Live"`);
      await page.evaluate(`${OWN}.scrollIntoView({ block: "center" })`);
      await page.click("#pause");
      await page.until(`${OWN}.paused && ${said} === "Paused"`);
      await page.click("#pause");
      await page.until(`!${OWN}.paused && ${said} === "Live"`);
      await page.click("#sound");
      await page.until(`!${OWN}.muted && ${OWN}.stats.decodedSounds > 20`);
    });

    await t.step("nothing hangs over the edge of a phone", async () => {
      const over =
        `document.documentElement.scrollWidth - document.documentElement.clientWidth`;
      assert.equal(await page.evaluate(over), 0);
    });
    assert.deepEqual(
      page.console.filter((line) => /^(error|uncaught)/.test(line)),
      [],
    );
  },
});
