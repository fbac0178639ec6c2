/**
 * `deno task demo` as people run it, and its pages in Chromium at the addresses
 * that it prints.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { lanAddressOf } from "../../examples/demo/lan_address.ts";
import { openFileSource } from "../../hang/cli/file_source.ts";
import { demo, whenUp } from "../package/demo_process.ts";
import { ROOT } from "../package/process.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { DEVICE_FLAGS } from "./room_pages.ts";

const path = findChromium();
const PORT = 24_700;
const WATCHING = /^watching /m;
const PLAYER = `document.querySelector("hang-watch")`;
const CLIP = new URL("examples/demo/clip.mp4", ROOT);
const OTHER = "room 7/Ada & Bob?";
const OTHER_ADDRESS = "/watch/room%207/Ada%20%26%20Bob%3F";

/** Publishes the clip as `name` until it is disposed of. */
async function publishClip(
  relay: string,
  name: string,
): Promise<AsyncDisposable> {
  const resources = new AsyncDisposableStack();
  const media = await openMedia(resources.use(await openFileSource(CLIP)));
  resources.defer(() => media.close());
  const session = resources.use(await connect(relay, { role: "publisher" }));
  const broadcast = new BroadcastProducer();
  session.publish(name, broadcast);
  const publication = publishMedia(broadcast, media, { loop: true });
  resources.defer(async () => {
    publication.close();
    await publication.closed;
  });
  return resources;
}

function addressOf(page: Page): Promise<string> {
  return page.evaluate<string>("location.pathname");
}

Deno.test({
  name: "demo: a page at localhost plays over WebTransport",
  ignore: path === undefined,
  async fn() {
    await using program = demo(PORT);
    const { page: url } = await whenUp(program, WATCHING);
    assert.match(url, /^http:\/\/localhost:/);
    await using chromium = await Chromium.launch(path!);
    for (const address of [url, url.replace("localhost", "[::1]")]) {
      const page = await chromium.page();
      await page.goto(address);
      await page.until(`${PLAYER}.stats?.shownFrames > 10`, 20_000);
      const stats = await page.evaluate<{ transport: string }>(
        `({ transport: ${PLAYER}.stats.transport })`,
      );
      assert.equal(stats.transport, "WebTransport", address);
    }
  },
});

Deno.test({
  name: "demo: a chosen broadcast has an address, and Back returns",
  ignore: path === undefined,
  async fn() {
    await using program = demo(PORT);
    const { page: url, relay } = await whenUp(program, WATCHING);
    await using _other = await publishClip(relay, OTHER);
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page();
    const plays = (name: string) =>
      page.until(
        `${PLAYER}.name === ${
          JSON.stringify(name)
        } && ${PLAYER}.state.kind === "playing"`,
        20_000,
      );
    await page.goto(url);
    await plays("demo");
    const link = `a[href="${OTHER_ADDRESS}"]`;
    await page.until(`document.querySelector(${JSON.stringify(link)})`);
    await page.click(link);
    await plays(OTHER);
    assert.equal(await addressOf(page), OTHER_ADDRESS);
    await page.evaluate("history.back()");
    await plays("demo");
    assert.equal(await addressOf(page), "/");
    await page.evaluate("history.forward()");
    await plays(OTHER);
    await page.goto(url.slice(0, -1) + OTHER_ADDRESS);
    await plays(OTHER);
  },
});

Deno.test({
  name: "demo: what is live has a picture, and Copy link its address",
  ignore: path === undefined,
  async fn() {
    await using program = demo(PORT);
    const { page: url, relay } = await whenUp(program, WATCHING);
    await using _other = await publishClip(relay, OTHER);
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page({ before: HEARS_CLIPBOARD });
    await page.goto(url.slice(0, -1) + OTHER_ADDRESS);
    await page.until(
      `document.querySelectorAll("#broadcasts canvas[data-picture]").length === 2`,
      20_000,
    );
    const colours = await page.evaluate<number>(`(() => {
      const canvas = document.querySelector("#broadcasts canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    assert.ok(colours > 100, `${colours} colours`);
    await page.click("#copy");
    const copied = await page.until<string>("globalThis.copied");
    assert.equal(copied, url.slice(0, -1) + OTHER_ADDRESS);
    await page.until(
      `/Copied/.test(document.querySelector("#copied").textContent)`,
    );
  },
});

// Headless Chromium shows no permission prompt, so the clipboard is replaced.
const HEARS_CLIPBOARD = `navigator.clipboard.writeText = async (text) => {
  globalThis.copied = text;
}`;

Deno.test({
  name: "demo: the publisher's page shows what viewers see, and how late",
  ignore: path === undefined,
  async fn() {
    await using program = demo(PORT);
    const { page: url } = await whenUp(program, WATCHING);
    await using chromium = await Chromium.launch(path!, DEVICE_FLAGS);
    const page = await chromium.page({ before: HEARS_CLIPBOARD });
    await page.goto(`${url}publish`);
    await page.until(`document.querySelector("hang-publish")?.publisher`);
    await page.evaluate(
      `document.querySelector("hang-publish").source = "camera"`,
    );
    const text = await page.until<string>(
      `/^\\d+ ms/.test(document.querySelector("#latency").textContent) && document.querySelector("#latency").textContent`,
      30_000,
    );
    const ms = Number.parseInt(text);
    assert.ok(ms > 0 && ms < 3000, text);
    const name = await page.evaluate<string>(
      `document.querySelector("hang-publish").name`,
    );
    await page.click("#copy");
    const copied = await page.until<string>("globalThis.copied");
    assert.equal(copied, `${url}watch/${name}`);

    // A name that is live is refused, and the demo's broadcast stays.
    await page.evaluate(`document.querySelector("#name").value = "demo"`);
    await page.click("#naming button");
    await page.until(`!document.querySelector("#taken").hidden`);
    await page.evaluate(`document.querySelector("#name").value = "a/b c"`);
    await page.click("#naming button");
    await page.until(
      `document.querySelector("#watch").getAttribute("href") === "/watch/a/b%20c"`,
    );
    assert.equal(await addressOf(page), "/publish");
    await page.goto(`${url}publish`);
    await page.until(`document.querySelector("hang-publish").name === "a/b c"`);
  },
});

Deno.test({
  name: "demo: a meeting's address has the room and no person",
  ignore: path === undefined,
  async fn() {
    await using program = demo(PORT);
    const { page: url } = await whenUp(program, WATCHING);
    await using chromium = await Chromium.launch(path!, DEVICE_FLAGS);
    const page = await chromium.page({ before: HEARS_CLIPBOARD });
    await page.goto(`${url}meet/team%20room`);
    const meet = `document.querySelector("hang-meet")`;
    const name = await page.until<string>(`${meet}.url && ${meet}.name`);
    assert.equal(await page.evaluate(`${meet}.room`), "team room");
    await page.click("#copy");
    const link = await page.until<string>("globalThis.copied");
    assert.equal(link, `${url}meet/team%20room`);
    assert.equal(await page.evaluate("location.hash"), "");
    await page.goto(`${url}meet/team%20room`);
    assert.equal(await page.until(`${meet}.url && ${meet}.name`), name);

    // A frame has the storage of its window, as the copy of a window has.
    const copy = `document.querySelector("iframe")`;
    await page.evaluate(`(() => {
      const frame = document.createElement("iframe");
      frame.src = location.href;
      document.body.append(frame);
    })()`);
    const copied = await page.until<string>(
      `(() => {
        const meet = ${copy}.contentDocument.querySelector("hang-meet");
        return meet?.url && meet.name;
      })()`,
    );
    assert.notEqual(copied, name);
  },
});

const LAN = privateAddress();

/** An address of this machine that another device would use. */
function privateAddress(): string | undefined {
  try {
    return lanAddressOf(Deno.networkInterfaces()).address;
  } catch {
    return undefined; // Only loopback, or public addresses.
  }
}

/** Opens `url` and gets past the warning of a certificate as a person does; the browser trusts nothing more than that. */
async function accept(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.until(`document.querySelector("#proceed-link") !== null`);
  await page.evaluate(`document.querySelector("#details-button").click()`);
  await page.evaluate(`document.querySelector("#proceed-link").click()`);
  await page.until(`document.querySelector("#proceed-link") === null`);
}

Deno.test({
  name: `demo: --lan serves another device over WebTransport${
    LAN === undefined ? " (SKIPPED: no private address here)" : ""
  }`,
  ignore: path === undefined || LAN === undefined,
  async fn() {
    await using program = demo(PORT, "--lan", "--lan-port=24950");
    const { relay } = await whenUp(program, WATCHING);
    const [, url = ""] = await program.prints(/^network +(https:\S+)$/m);
    assert.equal(new URL(url).hostname, LAN);
    await using chromium = await Chromium.launch(path!, DEVICE_FLAGS);
    const laptop = await chromium.page();
    await laptop.goto(`${relay.replace("24700", "24800")}publish/laptop`);
    await laptop.until(`document.querySelector("hang-publish")?.publisher`);
    await laptop.evaluate(
      `document.querySelector("hang-publish").source = "camera"`,
    );

    const phone = await chromium.page({ width: 390, height: 844 });
    await accept(phone, `${url}watch/laptop`);
    await phone.until(
      `isSecureContext && ${PLAYER}?.stats?.shownFrames > 10`,
      30_000,
    );
    const transport = await phone.evaluate(`${PLAYER}.stats.transport`);
    assert.equal(transport, "WebTransport");

    const old = await chromium.page({
      before: "delete globalThis.WebTransport",
    });
    await accept(old, `${url}watch/demo`);
    await old.until(`${PLAYER}?.stats?.shownFrames > 10`, 30_000);
    assert.equal(await old.evaluate(`${PLAYER}.stats.transport`), "WebSocket");
  },
});
