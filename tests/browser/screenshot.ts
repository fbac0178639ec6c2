/**
 * Makes the pictures of the demo's page in the documentation:
 * `deno task screenshot`. With `--all FOLDER` it leaves the page in every
 * colour and width there, to be looked at.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Chromium, findChromium, type PageOptions } from "./chromium.ts";
import { Stage } from "./stage.ts";

const OUT = new URL("../../docs/images/demo.png", import.meta.url);
const MAX_BYTES = 300_000;

const DESKTOP = { width: 1180, height: 760 };
const PHONE = { width: 390, height: 780, scale: 2 };
const VIEWS: Readonly<Record<string, PageOptions>> = {
  "desktop-dark": { ...DESKTOP, colorScheme: "dark" },
  "desktop-light": { ...DESKTOP, colorScheme: "light" },
  "phone-dark": { ...PHONE, colorScheme: "dark" },
  "phone-light": { ...PHONE, colorScheme: "light" },
};

const { values } = parseArgs({ options: { all: { type: "string" } } });
const path = findChromium();
if (path === undefined) Deno.exit(1);
await using stage = await Stage.open();
await using chromium = await Chromium.launch(path, [
  "--autoplay-policy=no-user-gesture-required",
]);

async function take(options: PageOptions): Promise<Uint8Array> {
  const page = await stage.page(chromium, options);
  const stats = `document.querySelector("hang-watch").stats`;
  // Long enough for all the numbers to be there and for the controls to have gone.
  await page.until(`${stats}?.shownFrames > 120`, 20_000);
  const png = await page.screenshot();
  await page.close();
  return png;
}

if (values.all === undefined) {
  const png = await take(VIEWS["desktop-dark"]!);
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
}
