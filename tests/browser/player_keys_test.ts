/**
 * `<hang-watch>` by keyboard and for screen readers: each key, the order of
 * focus, and what everything is called.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CANVAS_NAME, CanvasStage } from "./canvas_stage.ts";
import { findChromium, type Page } from "./chromium.ts";
import { press, type PressOptions, type } from "./keyboard.ts";
import { PLAYER, shown } from "./player_page.ts";

const path = findChromium();
const MEDIA = {
  renditions: [{ name: "video", width: 192, height: 112, bitrate: 200_000 }],
  fps: 10,
  sound: true,
  captions: true,
};
const PLAYERS = `<style>hang-watch { width: 640px }</style>
<input aria-label="Before">
<hang-watch url="RELAY" name="${CANVAS_NAME}">
  <input id="note" aria-label="Note">
  <button slot="controls">Mine</button>
</hang-watch>
<input aria-label="After">
<script type="module">import "@moq-deno/hang/ui/hang-watch";</script>`;
const SHADOW = `${PLAYER}.shadowRoot`;

/** A key, and an expression that is true once it has done what it does. */
interface Key extends PressOptions {
  readonly key: string;
  readonly then: string;
}

const KEYS: readonly Key[] = [
  { key: "k", then: `${PLAYER}.paused` },
  { key: " ", then: `!${PLAYER}.paused` },
  { key: "MediaPlayPause", then: `${PLAYER}.paused` },
  { key: "MediaPlayPause", then: `!${PLAYER}.paused` },
  { key: "m", then: `${PLAYER}.muted` },
  { key: "m", then: `!${PLAYER}.muted` },
  { key: "ArrowDown", then: `${PLAYER}.volume === 0.9` },
  { key: "ArrowDown", then: `${PLAYER}.volume === 0.6`, repeats: 2 },
  { key: "ArrowUp", then: `${PLAYER}.volume === 1`, repeats: 5 },
  { key: "c", then: `${PLAYER}.captions === "text"` },
  { key: "c", then: `${PLAYER}.captions === undefined` },
  { key: "s", then: `${PLAYER}.showStats` },
  { key: "s", then: `!${PLAYER}.showStats` },
  { key: "f", then: `document.fullscreenElement === ${PLAYER}` },
  { key: "f", then: `document.fullscreenElement === null` },
  { key: "p", then: `document.pictureInPictureElement !== null` },
  { key: "p", then: `document.pictureInPictureElement === null` },
  // With Caps Lock.
  { key: "K", then: `${PLAYER}.paused` },
  // Held down: the first press counts.
  { key: "k", then: `!${PLAYER}.paused`, repeats: 3 },
];

/** Puts the keyboard where `expression` says. */
async function focus(page: Page, expression: string): Promise<void> {
  await page.evaluate(`${expression}.focus()`);
}

/** What has the keyboard, by its label, its text or its class. */
function focused(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    let one = document.activeElement;
    while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    return one.ariaLabel || one.textContent || one.closest("label")?.textContent || one.tagName;
  })()`);
}

/** The names of all that takes the keyboard from here to `last`, in order. */
async function order(page: Page, last: string): Promise<readonly string[]> {
  const names = [await focused(page)];
  while (names.at(-1) !== last && names.length < 30) {
    await press(page, "Tab");
    names.push(await focused(page));
  }
  return names;
}

/** One object as assistive technology sees it. */
interface AxNode {
  readonly ignored: boolean;
  readonly role: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly properties?: readonly {
    readonly name: string;
    readonly value: { readonly value?: unknown };
  }[];
}

/** Role and name of all that takes the keyboard, and the state of what has one, sorted. */
async function accessible(page: Page): Promise<readonly string[]> {
  const { nodes } = await page.send("Accessibility.getFullAXTree") as {
    readonly nodes: readonly AxNode[];
  };
  return nodes.flatMap(({ ignored, role, name, properties = [] }) => {
    const of = new Map(properties.map((one) => [one.name, one.value.value]));
    if (ignored || !of.get("focusable") || role.value === "option") return [];
    const states = ["pressed", "expanded"].flatMap((state) =>
      of.has(state) ? `, ${state}: ${of.get(state)}` : []
    );
    return `${role.value} "${name?.value ?? ""}"${states.join("")}`;
  }).sort();
}

Deno.test({
  name: "hang-watch: keys, and none of them in a field of text",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await CanvasStage.open({
      chromium: path!,
      media: MEDIA,
      players: PLAYERS,
    });
    const { viewer: page } = stage;
    await shown(page, 5);
    await page.until(`${PLAYER}.player.captionTracks().length > 0`);

    for (const { key, then, repeats } of KEYS) {
      await t.step(
        `${JSON.stringify(key)}: ${then.replace(PLAYER, "player")}`,
        async () => {
          await focus(page, `${SHADOW}.querySelector(".root")`);
          assert.equal(await page.evaluate(then), false);
          await press(page, key, { repeats });
          await page.until(then);
        },
      );
    }

    await t.step("Escape closes the settings and goes back", async () => {
      await focus(page, `${SHADOW}.querySelector("button.settings")`);
      await press(page, "Enter");
      const panel = `${SHADOW}.querySelector(".panel")`;
      assert.equal(await page.evaluate(`${panel}.hidden`), false);
      await focus(page, `${panel}.querySelector("select")`);
      // A letter looks for an entry of the list there.
      await press(page, "k");
      await press(page, "Escape");
      await page.until(`${panel}.hidden`);
      assert.equal(await focused(page), "Settings");
      assert.equal(await page.evaluate(`${PLAYER}.paused`), false);
    });

    await t.step("Space presses the button that has the keyboard", async () => {
      await focus(page, `${SHADOW}.querySelector("button.mute")`);
      await press(page, " ");
      await page.until(`${PLAYER}.muted`);
      assert.equal(await page.evaluate(`${PLAYER}.paused`), false);
      await press(page, " ");
      await page.until(`!${PLAYER}.muted`);
    });

    await t.step("the browser keeps what is pressed with Ctrl", async () => {
      await focus(page, `${SHADOW}.querySelector(".root")`);
      await press(page, "m", { holding: "Control" });
      await press(page, "s");
      await page.until(`${PLAYER}.showStats`);
      assert.equal(await page.evaluate(`${PLAYER}.muted`), false);
      await press(page, "s");
    });

    await t.step("a field of the page's own over the picture", async () => {
      await focus(page, `document.querySelector("#note")`);
      await type(page, "make pics f");
      assert.equal(
        await page.evaluate(`document.querySelector("#note").value`),
        "make pics f",
      );
      assert.deepEqual(
        await page.evaluate(
          `[${PLAYER}.paused, ${PLAYER}.muted, ${PLAYER}.showStats, document.fullscreenElement]`,
        ),
        [false, false, false, null],
      );
    });
    assert.deepEqual(
      page.console.filter((line) => /^(error|uncaught)/.test(line)),
      [],
    );
  },
});

Deno.test({
  name: "hang-watch: the order of focus, and a name for all that takes it",
  ignore: path === undefined,
  async fn(t) {
    await using stage = await CanvasStage.open({
      chromium: path!,
      media: MEDIA,
      players: PLAYERS,
    });
    const { viewer: page } = stage;
    await shown(page, 5);
    await page.until(`${PLAYER}.player.captionTracks().length > 0`);
    await page.send("Accessibility.enable");

    await t.step("Tab goes from left to right, and out again", async () => {
      await focus(page, `document.querySelector("input")`);
      assert.deepEqual(await order(page, "After"), [
        "Before",
        "Player",
        "Note",
        "Pause",
        "Mine",
        "Mute",
        "Volume",
        "Captions",
        "Settings",
        "Picture in picture",
        "Fullscreen",
        "After",
      ]);
      await press(page, "Tab", { holding: "Shift" });
      assert.equal(await focused(page), "Fullscreen");
    });

    await t.step("the settings, once they are open", async () => {
      await page.evaluate(`${SHADOW}.querySelector(".settings").click()`);
      await focus(page, `${SHADOW}.querySelector(".panel select")`);
      await press(page, "Tab", { holding: "Shift" });
      assert.equal(await focused(page), "Fullscreen");
    });

    await t.step("roles, names and states", async () => {
      assert.deepEqual(await accessible(page), [
        'RootWebArea "Test"',
        'button "Captions", pressed: false',
        'button "Fullscreen", pressed: false',
        'button "Mine"',
        'button "Mute"',
        'button "Pause"',
        'button "Picture in picture", pressed: false',
        'button "Settings", expanded: true',
        'checkbox "Statistics"',
        'combobox "Captions", expanded: false',
        'combobox "Latency", expanded: false',
        'combobox "Quality", expanded: false',
        'group "Player"',
        'slider "Volume"',
        'textbox "After"',
        'textbox "Before"',
        'textbox "Note"',
      ]);
    });

    await t.step("a button says what it would do now", async () => {
      await page.evaluate(`(() => {
        const player = ${PLAYER};
        player.paused = player.muted = true;
        player.captions = "text";
      })()`);
      await page.until(`${SHADOW}.querySelector(".play").ariaLabel === "Play"`);
      const names = await accessible(page);
      for (
        const name of [
          'button "Play"',
          'button "Turn on sound"',
          'button "Captions", pressed: true',
        ]
      ) assert.ok(names.includes(name), `${name} of ${names}`);
    });
  },
});
