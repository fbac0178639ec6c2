/**
 * Four people with cameras who meet in Chromium, and the rooms that they are
 * seen in from outside.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startRelay } from "@moq-deno/relay/server";
import { pageFrom } from "../../examples/demo/ports.ts";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { PublishStage } from "./publish_stage.ts";
import { DEVICE_FLAGS, visit } from "./room_pages.ts";

const path = findChromium();
const MEET = `document.querySelector("hang-meet")`;
const ROOMS = `document.querySelector("hang-rooms")`;
const PLENTY_MS = 60_000;

function sees(page: Page, people: number): Promise<unknown> {
  return page.until(
    `${MEET}?.people?.filter(({ player }) => player.stats().framesPerSecond > 0).length === ${people} && ${MEET}.people.length === ${people}`,
    PLENTY_MS,
  );
}

function texts(page: Page): Promise<string[]> {
  return page.evaluate(
    `${MEET}.own.chat.messages().map(({ name, text }) => name + ": " + text)`,
  );
}

function say(page: Page, text: string): Promise<void> {
  return page.evaluate(`${MEET}.own.chat.send(${JSON.stringify(text)})`);
}

function hears(page: Page, text: string): Promise<unknown> {
  return page.until(
    `${MEET}?.own?.chat.messages().some((one) => one.text === ${
      JSON.stringify(text)
    })`,
    PLENTY_MS,
  );
}

Deno.test({
  name: "<hang-meet>: four people meet, over a leave, a reload and a new relay",
  ignore: path === undefined,
  async fn() {
    await using stage = await PublishStage.open();
    await using chromium = await Chromium.launch(path!, DEVICE_FLAGS);
    const where = { url: stage.url, page: "meet" } as const;
    const small = { width: 640, height: 480 };
    const people: Page[] = [];
    for (const who of ["ada", "bob", "cyd", "dee"]) {
      people.push(await visit(chromium, { ...where, ...small, who }));
    }
    const [ada, bob, cyd, dee] = people as [Page, Page, Page, Page];
    for (const page of people) await sees(page, 3);
    await say(ada, "hello");
    for (const page of people) await hears(page, "hello");
    await bob.evaluate(`${MEET}.invisible = true; ${MEET}.muted = true`);
    await ada.until(
      `${MEET}.shadowRoot.querySelector('[data-path="bob"]').getAttribute("aria-label") === "Bob, camera off, muted"`,
      PLENTY_MS,
    );
    await bob.evaluate(`${MEET}.invisible = false; ${MEET}.muted = false`);
    await dee.close();
    for (const page of [ada, bob, cyd]) {
      await page.until(`${MEET}.people.length === 2`, PLENTY_MS);
    }
    await stage.restartRelay("SIGKILL");
    await say(cyd, "said in between");
    for (const page of [ada, bob, cyd]) {
      await sees(page, 2);
      await hears(page, "said in between");
    }
    assert.deepEqual(await texts(ada), ["Ada: hello", "Cyd: said in between"]);
    await bob.send("Page.reload");
    await sees(bob, 2);
    await hears(bob, "said in between");
    assert.deepEqual(await texts(bob), ["Ada: hello", "Cyd: said in between"]);
    await sees(ada, 2);
    for (const page of [ada, bob, cyd]) {
      const uncaught = page.console.filter((line) => /^uncaught/.test(line));
      assert.deepEqual(uncaught, []);
    }
  },
});

Deno.test({
  name: "<hang-rooms>: shows people without asking for media",
  ignore: path === undefined,
  async fn() {
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const { hostname, port } = relay.addresses[0]!;
    const facts = { relay: `http://${hostname}:${port}/`, running: relay };
    const web = pageFrom(18_480, facts);
    try {
      await using chromium = await Chromium.launch(path!, DEVICE_FLAGS);
      const url = `http://127.0.0.1:${web.addr.port}/`;
      const ada = await visit(chromium, { url, page: "meet", who: "ada" });
      await ada.until(
        `Object.keys(${MEET}?.own?.publisher.catalog?.video?.renditions ?? {}).length > 0`,
        PLENTY_MS,
      );
      const outside = await visit(chromium, {
        url,
        page: "chat",
        who: "eve",
        more: { room: "room/elsewhere" },
      });
      await outside.until(
        `${ROOMS}?.rooms?.some(({ path, guests }) => path === "room/lobby" && guests[0].name === "Ada" && guests[0].video && "speaking" in guests[0])`,
        PLENTY_MS,
      );
      // Each page has one connection, whatever is on it.
      assert.equal(relay.sessions.size, 2);
      const served = relay.origin.serve("room/lobby/ada")!;
      const subscribers = (track: string): number =>
        served.broadcast.existing(track)?.subscriptions.size ?? 0;
      const media = await ada.evaluate<string[]>(
        `(({ video, audio }) => [...Object.keys(video.renditions), ...Object.keys(audio?.renditions ?? {})])(${MEET}.own.publisher.catalog)`,
      );
      assert.ok(media.length > 0);
      assert.deepEqual(media.map(subscribers), media.map(() => 0));
      assert.equal(subscribers("preview.json"), 1);
      assert.equal(
        await ada.evaluate(`${MEET}.own.publisher.isWatched()`),
        false,
      );
      const page = await chromium.page();
      await page.goto(`${url}stats`);
      await page.until(
        `document.querySelectorAll("#sessions tr").length >= 2 && /room.lobby.ada/.test(document.querySelector("#broadcasts").textContent)`,
        PLENTY_MS,
      );
    } finally {
      await web.shutdown();
      await relay.close();
    }
  },
});
