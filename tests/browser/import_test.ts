/**
 * lite and hang in a page: as they lie here with the types taken out, and out
 * of npm packages through Vite. The page is the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { answer } from "../../examples/browser_server.ts";
import { freshRelay, urlOf } from "../interop/npm/exchange.ts";
import { Chromium, findChromium } from "./chromium.ts";

const path = findChromium();
const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = new URL("examples/browser/", ROOT);
const PAGE_FILES = ["index.html", "main.ts", "clock.ts"];

const WAYS = [
  { name: "WebTransport", before: "delete globalThis.WebSocket" },
  { name: "WebSocket", before: "delete globalThis.WebTransport" },
];

/** The page of the site publishes the time and shows it as it passes, whichever way it connects. */
async function checkClock(
  t: Deno.TestContext,
  handler: (request: Request) => Promise<Response>,
): Promise<void> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  await using chromium = await Chromium.launch(path!);
  for (const { name, before } of WAYS) {
    await t.step(name, async () => {
      const relay = await freshRelay();
      const page = await chromium.page({ before });
      try {
        const query = new URLSearchParams({ relay: urlOf(relay) });
        await page.goto(`http://127.0.0.1:${server.addr.port}/?${query}`);
        const now = "Date.parse(document.querySelector('output').value + 'Z')";
        const first = await page.until<number>(now);
        const next = await page.until<number>(`${now} > ${first} && ${now}`);
        assert.ok(next - first <= 2000, `${first}, then ${next}`);
        assert.ok(Math.abs(Date.now() - next) < 3000, `${next}`);
        assert.deepEqual(page.console, []);
      } finally {
        await page.close();
        await relay.close();
      }
    });
  }
}

Deno.test({
  name: "examples/browser: runs on the modules as they are",
  ignore: path === undefined,
  fn: (t) => checkClock(t, answer),
});

/** Runs a command in `cwd`; throws with what it said when it fails. */
async function run(
  cwd: URL | string,
  command: string,
  ...args: readonly string[]
): Promise<void> {
  const { success, stderr, stdout } = await new Deno.Command(command, {
    args: [...args],
    cwd,
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(new Uint8Array([...stdout, ...stderr]));
  throw new Error(`Expected ${command} ${args.join(" ")} to work, got ${said}`);
}

const NPM_INSTALL = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
const VITE = "vite@7";

/** The folder of an npm project, made where there is none. */
async function project(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, `{"type":"module"}`);
  return folder;
}

/** Vite in a folder that is kept for the next time; without npm a line says so, which in CI is a failure. */
async function findVite(): Promise<string | undefined> {
  try {
    const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
    const folder = await project(`${temporary}/moq-deno-${VITE}`);
    const script = `${folder}/node_modules/vite/bin/vite.js`;
    const isThere = await Deno.stat(script).then(() => true, () => false);
    if (!isThere) await run(folder, "npm", ...NPM_INSTALL, VITE);
    return script;
  } catch (error) {
    if (Deno.env.get("CI") === "true") throw error;
    // deno-lint-ignore no-console
    console.warn(`SKIPPED: ${error}`);
    return undefined;
  }
}

/** The page of the example, built by Vite with npm packages made of lite and hang, in `folder`. */
async function build(folder: string, vite: string): Promise<void> {
  for (const name of PAGE_FILES) {
    const text = await Deno.readTextFile(new URL(name, EXAMPLE));
    const page = text.replace(/<script type="importmap">[^]*?<\/script>/, "");
    await Deno.writeTextFile(`${folder}/${name}`, page);
  }
  await run(folder, "node", vite, "build", "--target=esnext");
}

async function pack(name: string, folder: string): Promise<void> {
  await run(
    new URL(`${name}/`, ROOT),
    Deno.execPath(),
    "pack",
    "--allow-dirty",
    "--no-source-maps",
    `--output=${folder}/${name}.tgz`,
  );
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
};

/** Serves what Vite has built. */
async function answerFrom(folder: string, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = pathname === "/" ? "/index.html" : pathname;
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)]!;
  const bytes = await Deno.readFile(`${folder}/dist${name}`);
  return new Response(bytes, { headers: { "content-type": type } });
}

Deno.test({
  name: "examples/browser: runs on npm packages through Vite",
  ignore: path === undefined,
  async fn(t) {
    const folder = await project(await Deno.makeTempDir());
    try {
      const [vite] = await Promise.all([
        findVite(),
        pack("lite", folder),
        pack("hang", folder),
      ]);
      if (vite === undefined) return;
      await run(folder, "npm", ...NPM_INSTALL, "./lite.tgz", "./hang.tgz");
      await build(folder, vite);
      await checkClock(t, (request) => answerFrom(folder, request));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
