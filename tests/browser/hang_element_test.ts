/**
 * What all elements have from {@linkcode HangElement}: attributes that are
 * watched, properties over them, a beginning and an end, one event per state.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { modulePage, ModuleSite } from "./module_site.ts";

const path = findChromium();

const ELEMENTS = [
  "hang-watch",
  "hang-publish",
  "hang-chat",
  "hang-meet",
  "hang-rooms",
];

/** An element of its own, which says what happens to it. */
const PROBE = modulePage(
  `<hang-probe id="probe" url="/live" from="2"></hang-probe>
<script type="module">
import { HangElement } from "/hang/ui/shared/hang_element.ts";
window.said = [];
customElements.define("hang-probe", class extends HangElement {
  static observedAttributes = ["url", "from", "to"];
  #span = this.attribute(["from", "to"], (from, to) => (to ?? 10) - (from ?? 0));
  get now() {
    return [this.url, this.relay.peek(), this.#span.peek()];
  }
  start() {
    said.push("start");
    this.addEventListener("statechange", this);
    return [() => said.push("stop"), () => this.removeEventListener("statechange", this)];
  }
  handleEvent({ detail }) {
    said.push(detail.kind + " " + detail.text);
  }
  say(kind, text) {
    return this.tell({ kind, text });
  }
});
</script>`,
);

/** All elements, with properties from before they are defined. */
const EARLY = modulePage(`
${ELEMENTS.map((tag) => `<${tag}></${tag}>`).join("\n")}
<script>
const [watch, publish] = document.body.children;
Object.assign(watch, { name: "room/ada", muted: true, volume: 0.25, latency: 120, mine: 1 });
Object.assign(publish, { name: "room/bob", source: "file", file: new Blob(["x"]) });
</script>
<script type="module">
import "/hang/ui/hang_watch.ts";
import "/hang/ui/hang_publish.ts";
import "/hang/ui/hang_chat.ts";
import "/hang/ui/hang_meet.ts";
import "/hang/ui/hang_rooms.ts";
window.isReady = true;
</script>`);

async function open(
  chromium: Chromium,
  { site, page: name }: { readonly site: ModuleSite; readonly page: string },
): Promise<Page> {
  const page = await chromium.page();
  await page.goto(site.url + name);
  return page;
}

function uncaught({ console }: Page): readonly string[] {
  return console.filter((line) => /^uncaught/.test(line));
}

Deno.test({
  name: "HangElement: attributes, a life in the page, and what it tells",
  ignore: path === undefined,
  async fn(t) {
    await using chromium = await Chromium.launch(path!);
    await using site = new ModuleSite({ "/probe": PROBE, "/early": EARLY });

    await t.step("a value follows its attributes", async () => {
      const page = await open(chromium, { site, page: "probe" });
      await page.until(`window.probe?.now`);
      const now = () => page.evaluate(`probe.now`);
      assert.deepEqual(await now(), ["/live", `${site.url}live`, 8]);
      await page.evaluate(
        `probe.setAttribute("to", "5"); probe.url = "nothing://"`,
      );
      assert.deepEqual(await now(), ["nothing://", null, 3]);
      await page.evaluate(
        `probe.removeAttribute("from"); probe.removeAttribute("url")`,
      );
      assert.deepEqual(await now(), ["", null, 5]);
      assert.deepEqual(uncaught(page), []);
    });

    await t.step("it stops when it goes and starts when it comes", async () => {
      const page = await open(chromium, { site, page: "probe" });
      await page.until(`window.probe?.now`);
      assert.deepEqual(
        await page.evaluate(
          `(probe.say("a", ""), probe.say("a", ""), probe.say("a", "b"))`,
        ),
        true,
      );
      await page.evaluate(
        `const one = probe; one.remove(); one.say("c", ""); document.body.append(one)`,
      );
      assert.deepEqual(
        await page.evaluate(`said`),
        ["start", "a ", "a b", "stop", "start"],
      );
      assert.deepEqual(uncaught(page), []);
    });

    const page = await open(chromium, { site, page: "early" });
    await page.until(`window.isReady`);
    await t.step("properties may be set before there is a class", async () => {
      assert.deepEqual(
        await page.evaluate(
          `[watch.getAttribute("name"), watch.muted, watch.volume, watch.latency, watch.mine]`,
        ),
        ["room/ada", true, 0.25, 120, 1],
      );
      assert.deepEqual(
        await page.evaluate(
          `[publish.getAttribute("name"), publish.source, publish.file.size]`,
        ),
        ["room/bob", "file", 1],
      );
    });

    await t.step("attributes without sense throw nothing", async () => {
      const silent = await page.evaluate<string[]>(`(async () => {
        const silent = [];
        for (const tag of ${JSON.stringify(ELEMENTS)}) {
          const element = document.querySelector(tag);
          for (const name of customElements.get(tag).observedAttributes) {
            for (const text of ["http://[ \\u0000 <x>", "-1e999", "toString", ""]) {
              element.setAttribute(name, text);
              await new Promise((done) => setTimeout(done));
            }
            element.removeAttribute(name);
          }
          await new Promise((done) => setTimeout(done));
          if (tag !== "hang-rooms" && !element.state.text) silent.push(tag);
        }
        return silent;
      })()`);
      assert.deepEqual(silent, []);
      assert.deepEqual(uncaught(page), []);
    });
  },
});
