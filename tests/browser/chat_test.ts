/**
 * Two people who chat in Chromium: what they write, what they see of each
 * other, and what happens when the relay is another one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Chromium, findChromium, type Page } from "./chromium.ts";
import { PublishStage } from "./publish_stage.ts";
import { visit } from "./room_pages.ts";

const path = findChromium();
const CHAT = `document.querySelector("hang-chat")`;
const INPUT = `${CHAT}.shadowRoot.querySelector("textarea")`;

async function type(page: Page, text: string): Promise<void> {
  await page.evaluate(`${INPUT}.focus()`);
  await page.send("Input.insertText", { text });
}

async function press(page: Page, key: string): Promise<void> {
  for (const type of ["keyDown", "keyUp"]) {
    await page.send("Input.dispatchKeyEvent", {
      type,
      key,
      windowsVirtualKeyCode: key === "Enter" ? 13 : 27,
    });
  }
}

function shown(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...${CHAT}.shadowRoot.querySelectorAll(".message .text")].map((one) => one.textContent)`,
  );
}

function sees(page: Page, text: string): Promise<unknown> {
  const wanted = JSON.stringify(text);
  const all =
    `[...(${CHAT}?.shadowRoot?.querySelectorAll(".message .text") ?? [])]`;
  return page.until(
    `${all}.some((one) => one.textContent === ${wanted})`,
    30_000,
  );
}

function isReady(page: Page): Promise<unknown> {
  return page.until(
    `${CHAT}?.state?.kind === "ready" && ${CHAT}.chat.memberCount() === 2`,
    30_000,
  );
}

Deno.test({
  name: "<hang-chat>: nothing is lost or repeated over a change of relays",
  ignore: path === undefined,
  async fn() {
    await using stage = await PublishStage.open();
    const where = { url: stage.url, page: "chat" } as const;
    await using chromium = await Chromium.launch(path!);
    const ada = await visit(chromium, { ...where, who: "ada" });
    const bob = await visit(chromium, { ...where, who: "bob" });
    await Promise.all([isReady(ada), isReady(bob)]);
    const html = "<img src=x onerror=alert(1)> & <b>bold</b>";
    await type(ada, html);
    await bob.until(
      `${CHAT}.shadowRoot.querySelector(".typing").textContent === "Ada is typing"`,
    );
    await press(ada, "Enter");
    await sees(bob, html);
    assert.equal(
      await bob.evaluate(
        `${CHAT}.shadowRoot.querySelectorAll("img, b").length`,
      ),
      0,
    );
    const author = `${CHAT}.shadowRoot.querySelector(".author").textContent`;
    assert.deepEqual(
      [await ada.evaluate(author), await bob.evaluate(author)],
      ["You", "Ada"],
    );
    const restarting = stage.restartRelay("SIGKILL");
    await type(bob, "written without a relay");
    await press(bob, "Enter");
    await restarting;
    await sees(ada, "written without a relay");
    await type(ada, "and answered");
    await press(ada, "Enter");
    await sees(bob, "and answered");
    const all = [html, "written without a relay", "and answered"];
    assert.deepEqual(await shown(ada), all);
    assert.deepEqual(await shown(bob), all);
    // A reload is a new person of the same name, who gets what the others wrote.
    await bob.send("Page.reload");
    await sees(bob, "and answered");
    assert.deepEqual(await shown(bob), [html, "and answered"]);
    // Attributes that make no sense throw nothing.
    await bob.evaluate(
      `for (const name of ["url", "room", "name", "user", "color"]) {
      ${CHAT}.setAttribute(name, "http://[ \\u0000 <x>");
      ${CHAT}.removeAttribute(name);
    }`,
    );
    await bob.until(`${CHAT}.state.kind === "incomplete"`);
    const errors = [...ada.console, ...bob.console]
      .filter((line) => line.startsWith("uncaught"));
    assert.deepEqual(errors, []);
  },
});
