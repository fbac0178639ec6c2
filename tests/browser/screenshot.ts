/**
 * Makes the pictures of the demo's page in the documentation:
 * `deno task screenshot`. With `--all FOLDER` it leaves the page in every
 * colour and width there, and the other pages of the demo too, to be looked at.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Chromium, findChromium, type PageOptions } from "./chromium.ts";
import { Lobby } from "./lobby.ts";
import { DEVICE_FLAGS } from "./room_pages.ts";
import { Stage } from "./stage.ts";

const OUT = new URL("../../docs/images/demo.png", import.meta.url);
const MAX_BYTES = 300_000;

const DESKTOP = { width: 1180, height: 800 };
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844, scale: 2 };

/** A page, and what is done there before its picture is taken. */
interface View extends PageOptions {
  /** An expression; `PLAYER` is the element. */
  readonly then?: string;
  /** What is waited for after that. */
  readonly until?: string;
}

const STATS = {
  then: "PLAYER.showStats = true",
  until:
    `PLAYER.shadowRoot.querySelector("polyline").getAttribute("points").split(" ").length > 24`,
};
const SETTINGS = {
  then: `PLAYER.shadowRoot.querySelector(".settings").click()`,
};
const OFFLINE = {
  then: `PLAYER.name = "nobody"`,
  until: `PLAYER.state.kind === "offline"`,
};
const GONE = {
  then: `PLAYER.url = "http://127.0.0.1:9/"`,
  until: `PLAYER.state.kind === "relay-gone"`,
};

const VIEWS: Readonly<Record<string, View>> = {
  "desktop-dark": { ...DESKTOP, colorScheme: "dark" },
  "desktop-light": { ...DESKTOP, colorScheme: "light" },
  "phone-dark": { ...PHONE, colorScheme: "dark" },
  "phone-light": { ...PHONE, colorScheme: "light" },
  "stats-dark": { ...DESKTOP, colorScheme: "dark", ...STATS },
  "stats-phone": { ...PHONE, colorScheme: "light", ...STATS },
  "settings-dark": { ...DESKTOP, colorScheme: "dark", ...SETTINGS },
  "settings-light": { ...DESKTOP, colorScheme: "light", ...SETTINGS },
  "settings-phone": { ...PHONE, colorScheme: "light", ...SETTINGS },
  "offline-light": { ...DESKTOP, colorScheme: "light", ...OFFLINE },
  "gone-phone": { ...PHONE, colorScheme: "dark", ...GONE },
};

const ROOM = new URLSearchParams({ name: "cyd", user: "Cyd" });
const OTHERS: Readonly<
  Record<string, { readonly path: string; readonly until: string }>
> = {
  chat: {
    path: `chat/room/lobby#${ROOM}`,
    until: `document.querySelector("hang-chat")?.chat?.messages().length > 1`,
  },
  meet: {
    path: `meet/room/lobby#${ROOM}`,
    until:
      `document.querySelector("hang-meet")?.people?.filter(({ player }) => player.stats().shownFrames > 10).length === 2`,
  },
  publish: {
    path: "publish/camera",
    until: `document.querySelector("hang-publish")?.state?.kind === "choose"`,
  },
  live: {
    path: "publish/camera",
    until:
      `(document.querySelector("hang-publish").source = "camera", /\\d ms/.test(document.querySelector("#latency").textContent))`,
  },
  "not-found": {
    path: "camera/one",
    until: `document.querySelector("code")`,
  },
  stats: {
    path: "stats",
    until: `document.querySelectorAll("#sessions tr").length > 1`,
  },
};

const { values } = parseArgs({ options: { all: { type: "string" } } });
const path = findChromium();
if (path === undefined) Deno.exit(1);
await using stage = await Stage.open();
await using chromium = await Chromium.launch(path, DEVICE_FLAGS);

async function take(view: View): Promise<Uint8Array> {
  const page = await stage.page(chromium, view);
  const player = `document.querySelector("hang-watch")`;
  // Long enough for all the numbers to be there and for the controls to have gone.
  await page.until(`${player}.stats?.shownFrames > 120`, 30_000);
  if (view.then) await page.evaluate(view.then.replaceAll("PLAYER", player));
  if (view.until) {
    await page.until(view.until.replaceAll("PLAYER", player), 30_000);
  }
  const png = await page.screenshot();
  await page.close();
  return png;
}

/** The pages beside the player, each in every colour and width. */
async function takeOthers(folder: string): Promise<void> {
  await using lobby = await Lobby.open(chromium);
  for (const [name, { path, until }] of Object.entries(OTHERS)) {
    for (const size of [WIDE, PHONE]) {
      for (const colorScheme of ["dark", "light"] as const) {
        const page = await chromium.page({ ...size, colorScheme });
        await page.goto(lobby.url + path);
        await page.until(until, 30_000);
        const width = size === PHONE ? "phone" : "desktop";
        const file = `${folder}/${name}-${width}-${colorScheme}.png`;
        await Deno.writeFile(file, await page.screenshot());
        await page.close();
      }
    }
  }
}

if (values.all === undefined) {
  const png = await take(VIEWS["stats-dark"]!);
  if (png.byteLength > MAX_BYTES) {
    throw new RangeError(
      `Expected a picture of at most ${MAX_BYTES} bytes, got ${png.byteLength}`,
    );
  }
  await Deno.mkdir(new URL(".", OUT), { recursive: true });
  await Deno.writeFile(OUT, png);
} else {
  for (const [name, options] of Object.entries(VIEWS)) {
    await Deno.writeFile(`${values.all}/${name}.png`, await take(options));
  }
  await takeOthers(values.all);
}
