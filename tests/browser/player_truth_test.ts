/**
 * What `<hang-watch>` says when it does not play: the reason, and what to do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CatalogProducer } from "@moq-deno/hang";
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { startRelay } from "@moq-deno/relay/server";
import { urlOf } from "../interop/npm/exchange.ts";
import { bundleElement } from "../package/bundle_elements.ts";
import { temporaryFolder } from "../package/temporary_folder.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { PLAYER, shown } from "./player_page.ts";
import { html, script, Site } from "./site.ts";
import { NAME, Stage } from "./stage.ts";

const path = findChromium();
const NO_WEB_TRANSPORT = "delete globalThis.WebTransport";
const INSECURE =
  `Object.defineProperty(globalThis, "isSecureContext", { value: false })`;
// Nothing listens there.
const NO_RELAY = "http://127.0.0.1:9/";
const RETRY = `${PLAYER}.shadowRoot.querySelector(".retry")`;

// Before there is an element: everything that it says.
const HEARS = `globalThis.told = [];
document.addEventListener("statechange", ({ detail: { kind, text, isFinal, cause } }) =>
  told.push({ kind, text, isFinal, cause: cause?.code }), true);`;

interface Told {
  readonly kind: string;
  readonly text: string;
  readonly isFinal: boolean;
  readonly cause?: string;
}

/** The kinds of the states so far. */
async function kinds(page: Page): Promise<string[]> {
  return (await page.evaluate<Told[]>("told")).map(({ kind }) => kind);
}

/** Waits for a state of this kind. */
function told(page: Page, kind: string): Promise<Told> {
  return page.until<Told>(
    `told.find(({ kind }) => kind === ${JSON.stringify(kind)})`,
    20_000,
  );
}

/** The bundle in a page of its own; opens players. */
class Theatre implements AsyncDisposable {
  readonly #resources = new AsyncDisposableStack();
  readonly #site: Site;
  readonly #chromium: Chromium;

  private constructor(site: Site, chromium: Chromium) {
    this.#site = this.#resources.use(site);
    this.#chromium = this.#resources.use(chromium);
  }

  static async open(): Promise<Theatre> {
    await using folder = await temporaryFolder();
    const { file } = await bundleElement("hang-watch", folder.path);
    const code = await Deno.readTextFile(`${folder.path}/${file}`);
    const site = new Site({
      "/hang-watch.js": script(code),
      "/": html(
        `<script type="module" src="hang-watch.js"></script>`,
      ),
    });
    return new Theatre(site, await Chromium.launch(path!));
  }

  async player(
    attributes: { readonly url: string; readonly name?: string },
    before = "",
  ): Promise<Page> {
    const page = await this.#chromium.page({ before });
    await page.goto(this.#site.url);
    await page.evaluate(HEARS);
    const { url, name = NAME } = attributes;
    await page.evaluate(`document.body.append(Object.assign(
      document.createElement("hang-watch"), ${
      JSON.stringify({ url, name })
    }))`);
    return page;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources[Symbol.asyncDispose]();
  }
}

Deno.test({
  name: "hang-watch: says the reason when it does not play",
  ignore: path === undefined,
  async fn(t) {
    await using theatre = await Theatre.open();
    await using resources = new AsyncDisposableStack();
    const relay = await startRelay([
      ...["--listen", "127.0.0.1:0"],
      ...["--auth-public", "anon/**"],
    ]);
    resources.defer(() => relay.close());
    const anon = `${urlOf(relay)}anon`;
    await using publisher = await connect(anon);

    await t.step("an address that no page can use", async () => {
      const page = await theatre.player({ url: "moqt://relay.example" });
      const state = await told(page, "incomplete");
      assert.match(state.text, /^Write https:\/\/relay\.example in url/);
      assert.equal(state.isFinal, true);
      await page.evaluate(`${PLAYER}.url = "relay.example"`);
      await page.until(`told.at(-1).text.endsWith("needs its scheme")`);
      await page.evaluate(
        `${PLAYER}.url = ${JSON.stringify(anon)}; ${PLAYER}.name = ""`,
      );
      await page.until(`/Set the name/.test(told.at(-1).text)`);
      await page.close();
    });

    for (const before of ["", NO_WEB_TRANSPORT]) {
      await t.step(`a refusal, ${before || "over WebTransport"}`, async () => {
        const url = `${urlOf(relay)}other`;
        const page = await theatre.player({ url }, before);
        const state = await told(page, "refused");
        assert.match(state.text, /No public access/);
        assert.equal(state.isFinal, true);
        assert.equal(state.cause, "unauthorized");
        assert.ok(!(await kinds(page)).includes("relay-gone"));
        await page.evaluate("told.length = 0");
        await page.evaluate(`${RETRY}.click()`);
        await told(page, "refused");
        assert.equal((await kinds(page))[0], "connecting");
        await page.close();
      });
    }

    await t.step("no relay: one sentence, however often it tries", async () => {
      const page = await theatre.player({ url: NO_RELAY });
      await told(page, "relay-gone");
      await page.until(`performance.now() > 4000`);
      assert.deepEqual(await kinds(page), ["connecting", "relay-gone"]);
      assert.equal(await page.evaluate(`${RETRY}.checkVisibility()`), false);
      await page.close();
    });

    await t.step("offline, then live, then ended", async () => {
      const page = await theatre.player({ url: anon, name: "soon" });
      const offline = await told(page, "offline");
      assert.match(offline.text, /nothing is published as "soon" yet$/);
      const broadcast = new BroadcastProducer();
      publisher.publish("soon", broadcast);
      await page.until(`told.at(-1).kind === "loading"`);
      broadcast.close();
      const ended = await told(page, "ended");
      assert.equal(ended.isFinal, false);
      await page.close();
    });

    await t.step("a codec without a decoder", async () => {
      const broadcast = new BroadcastProducer();
      new CatalogProducer(broadcast).update({
        video: { renditions: { hd: { codec: "hev1.1.6.L93.B0" } } },
      });
      publisher.publish("hevc", broadcast);
      const page = await theatre.player({ url: anon, name: "hevc" });
      const { text } = await told(page, "unsupported");
      assert.match(text, /no decoder for HEVC \(hev1\.1\.6\.L93\.B0\)$/);
      broadcast.close();
      await page.close();
    });

    await t.step("a page that is not secure", async () => {
      const page = await theatre.player({ url: NO_RELAY }, INSECURE);
      const { text } = await told(page, "unsupported");
      assert.match(text, /not secure: open it over HTTPS/);
      assert.deepEqual(await kinds(page), ["unsupported"]);
      await page.close();
    });
  },
});

Deno.test({
  name: "hang-watch: a normal start shows no other state on the way",
  ignore: path === undefined,
  async fn() {
    await using stage = await Stage.open();
    await using theatre = await Theatre.open();
    const page = await theatre.player({ url: stage.relayUrl });
    await told(page, "playing");
    const on = ["connecting", "loading", "playing"];
    assert.deepEqual([...new Set(await kinds(page))], on);
    // The sound still waits for a click when the broadcast changes.
    for (const name of ["other", NAME, "other", NAME]) {
      const before = await page.evaluate<number>("told.length");
      await page.evaluate(`${PLAYER}.name = ${JSON.stringify(name)}`);
      await page.until(`told.length > ${before}`);
    }
    await shown(page, 10);
    // Chromium warns of the sound; what is thrown is "uncaught".
    const thrown = page.console.filter((line) => !line.startsWith("warning"));
    assert.deepEqual(thrown, []);
    await page.close();
  },
});
