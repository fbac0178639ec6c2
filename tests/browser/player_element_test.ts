/**
 * `<hang-watch>`, `<moq-watch>` and `<hang-support>` as elements: attributes,
 * properties, keys, slots, what a screen reader is told.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { modulePage, ModuleSite } from "./module_site.ts";
import { NAME, Stage } from "./stage.ts";

const path = findChromium();

const PAGE = (url: string) =>
  modulePage(
    `<style>hang-watch, moq-watch { width: 320px }</style>
<hang-watch id="plain" url="${url}" name="${NAME}" muted></hang-watch>
<hang-watch id="own" url="${url}" path="${NAME}" muted controls="false">
  <button slot="bar">Mine</button>
</hang-watch>
<moq-watch id="moq" url="${url}" name="${NAME}" muted jitter="300" reload visible="20%"><canvas></canvas></moq-watch>
<hang-support id="support" mode="all"></hang-support>
<script type="module">
import "@moq-deno/hang/ui/hang-watch";
import "/hang/ui/moq_watch.ts";
import "/hang/ui/hang_support.ts";
</script>`,
  );

function element(id: string): string {
  return `document.querySelector("#${id}")`;
}

/** Presses a key while the element has the keyboard. */
async function press(page: Page, id: string, key: string): Promise<void> {
  await page.evaluate(`(() => {
    const root = ${element(id)}.shadowRoot.querySelector(".root");
    root.focus();
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", bubbles: true }));
  })()`);
}

Deno.test({
  name: "hang-watch, moq-watch, hang-support: as they are written in pages",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await Stage.open();
    await using chromium = await Chromium.launch(path!);
    await using site = new ModuleSite({ "/page": PAGE(stage.relayUrl) });
    const page = await chromium.page();
    await page.goto(`${site.url}page`);
    for (const id of ["plain", "own", "moq"]) {
      await page.until(`${element(id)}.stats?.shownFrames > 10`, 20_000);
    }

    await t.step("three elements, one connection: a picture each", async () => {
      await stage.subscribed(2);
    });

    await t.step("a canvas of the page's own is drawn on", async () => {
      const width = `${element("moq")}.querySelector("canvas").width`;
      assert.equal(await page.evaluate(width), 640);
    });

    await t.step(
      "latency, by any of its attributes and as a property",
      async () => {
        const of = (id: string) => page.evaluate(`${element(id)}.latency`);
        assert.equal(await of("moq"), 300);
        assert.equal(await of("plain"), "real-time");
        await page.evaluate(
          `${element("plain")}.latency = { minMs: 50, maxMs: 900 }`,
        );
        assert.deepEqual(await of("plain"), { minMs: 50, maxMs: 900 });
        await page.evaluate(
          `${element("plain")}.setAttribute("latency", "120")`,
        );
        assert.equal(await of("plain"), 120);
      },
    );

    await t.step("keys, and controls that say what they do", async () => {
      await press(page, "plain", "k");
      assert.equal(await page.evaluate(`${element("plain")}.paused`), true);
      const button = `${
        element("plain")
      }.shadowRoot.querySelector("button.play")`;
      await page.until(`${button}.ariaLabel === "Play"`);
      await press(page, "plain", "k");
      await press(page, "plain", "s");
      await page.until(
        `${
          element("plain")
        }.shadowRoot.querySelector("output")?.textContent.endsWith(" ms")`,
      );
      const unnamed = await page.evaluate<number>(
        `[...${element("plain")}.shadowRoot
        .querySelectorAll("button, input, select")].filter((one) =>
          !one.ariaLabel && !one.closest("label")).length`,
      );
      assert.equal(unnamed, 0);
    });

    await t.step(
      "controls of the page's own take the place of the bar",
      async () => {
        const bar = `${element("own")}.shadowRoot.querySelector(".bar")`;
        assert.equal(
          await page.evaluate(`${bar}.getBoundingClientRect().width`),
          0,
        );
      },
    );

    await t.step("hang-support says what there is", async () => {
      const report = await page.until<{ name: string; level: string }[]>(
        `${element("support")}.report.length > 0 && ${
          element("support")
        }.report`,
      );
      assert.equal(
        report.find(({ name }) => name === "transport")?.level,
        "full",
      );
      assert.ok(
        report.every(({ level }) => level !== "none"),
        JSON.stringify(report),
      );
    });
    assert.deepEqual(
      page.console.filter((line) => /^(error|uncaught)/.test(line)),
      [],
    );
  },
});
