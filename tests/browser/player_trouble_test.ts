/**
 * The demo's page where something is missing or in the way: no WebTransport,
 * no WebCodecs, no relay, a hidden tab, invalid attributes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium } from "./chromium.ts";
import { PLAYER, shown, tone } from "./player_page.ts";
import { NAME, Stage } from "./stage.ts";

const path = findChromium();
const [CATALOG, PICTURE, SOUND] = [1, 1, 1];
// Each gives pictures for some seconds and is given up within five.
const TWO_SESSIONS_MS = 30_000;
const NOTICE = `document.querySelector("#notice").textContent`;

// After five streams no more are handed out, while the rest of the session works: WebKit does so after some thousands.
const LOSES_STREAMS = `
  const Real = globalThis.WebTransport;
  globalThis.sessions = 0;
  globalThis.WebTransport = class extends Real {
    #lossy;
    constructor(...args) {
      super(...args);
      sessions++;
    }
    get incomingUnidirectionalStreams() {
      if (this.#lossy) return this.#lossy;
      const reader = super.incomingUnidirectionalStreams.getReader();
      let taken = 0;
      return this.#lossy = new ReadableStream({
        async pull(controller) {
          if (taken++ >= 5) return new Promise(() => {});
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      }, { highWaterMark: 0 });
    }
  };
`;

Deno.test({
  name: "hang-watch: says what is missing, and plays without it if it can",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await Stage.open();
    await using chromium = await Chromium.launch(path!);

    await t.step("no WebTransport: over WebSocket", async () => {
      const before = "delete globalThis.WebTransport";
      const page = await stage.page(chromium, { before });
      await shown(page, 30);
      assert.equal(
        await page.evaluate(`${PLAYER}.stats.transport`),
        "WebSocket",
      );
      assert.match(await page.evaluate(NOTICE), /no WebTransport/);
      await page.close();
    });

    await t.step(
      "streams that stop: a new session, then WebSocket",
      async () => {
        const page = await stage.page(chromium, { before: LOSES_STREAMS });
        await page.until(
          `${PLAYER}?.stats?.transport === "WebSocket"`,
          TWO_SESSIONS_MS,
        );
        const before = await page.evaluate<number>(
          `${PLAYER}.stats.shownFrames`,
        );
        await shown(page, before + 30);
        assert.equal(await page.evaluate("sessions"), 2);
        const thrown = page.console.filter((line) =>
          line.startsWith("uncaught")
        );
        assert.deepEqual(thrown, []);
        await page.close();
      },
    );

    await t.step("no WebCodecs: nothing can be played", async () => {
      const before =
        "delete globalThis.VideoDecoder; delete globalThis.AudioDecoder";
      const page = await stage.page(chromium, { before });
      await page.until(`${PLAYER}?.state.kind === "unsupported"`);
      assert.match(await page.evaluate(NOTICE), /no WebCodecs/);
      await page.close();
    });

    await t.step("no shared memory: sound by messages", async () => {
      const before =
        `Object.defineProperty(globalThis, "crossOriginIsolated", { value: false })`;
      const page = await stage.page(chromium, { before });
      await shown(page, 10);
      await page.click("h1");
      await page.until(`${PLAYER}.stats.decodedSounds > 50`);
      const { hertz } = await tone(page);
      assert.ok(Math.abs(hertz - 440) < 6, `${hertz} Hz`);
      await page.close();
    });

    await t.step(
      "muted, hidden, paused: the relay fetches no more than is wanted",
      async () => {
        const page = await stage.page(chromium);
        await shown(page, 10);
        await page.click("h1");
        await stage.subscribed(CATALOG + PICTURE + SOUND);
        await page.evaluate(`${PLAYER}.muted = true`);
        await stage.subscribed(CATALOG + PICTURE);
        const show = (state: string) =>
          page.evaluate(`(() => {
          Object.defineProperty(document, "visibilityState",
            { value: ${JSON.stringify(state)}, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        })()`);
        await show("hidden");
        await stage.subscribed(CATALOG);
        await page.until(`${PLAYER}.stats.bitrateBps === 0`);
        assert.equal(await page.evaluate(`${PLAYER}.state.kind`), "playing");
        await page.evaluate(`${PLAYER}.muted = false`);
        await stage.subscribed(CATALOG + SOUND);
        const before = await page.evaluate<number>(
          `${PLAYER}.stats.shownFrames`,
        );
        await show("visible");
        await shown(page, before + 10);
        await page.evaluate(`${PLAYER}.paused = true`);
        await stage.subscribed(CATALOG);
        await page.close();
      },
    );

    await t.step("attributes without sense do no harm", async () => {
      const page = await stage.page(chromium);
      await shown(page, 10);
      await page.evaluate(`(() => {
        const one = document.createElement("hang-watch");
        for (const name of one.constructor.observedAttributes) {
          for (const text of ["", "?", "javascript:alert(1)", "-1e9", "NaN", "false", "\\ud800"]) {
            one.setAttribute(name, text);
          }
        }
        document.body.append(one);
        one.remove();
        document.body.append(one);
        one.remove();
      })()`);
      assert.equal(await page.evaluate(`${PLAYER}.name`), NAME);
      const thrown = page.console.filter((line) => line.startsWith("uncaught"));
      assert.deepEqual(thrown, []);
      await page.close();
    });
  },
});
