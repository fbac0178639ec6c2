/**
 * lite and hang in a page: as they lie here with the types taken out, and out
 * of npm packages through Vite. The page is the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { answer } from "../../examples/browser_server.ts";
import { freshRelay, urlOf } from "../interop/npm/exchange.ts";
import { NpmProject } from "../interop/npm/project.ts";
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

const VITE = "vite@7";

/** The page of the example, built by Vite in a project with lite and hang. */
async function build(project: NpmProject, vite: string): Promise<void> {
  for (const name of PAGE_FILES) {
    const text = await Deno.readTextFile(new URL(name, EXAMPLE));
    const page = text.replace(/<script type="importmap">[^]*?<\/script>/, "");
    await project.write(name, page);
  }
  await project.run("node", vite, "build", "--target=esnext");
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
    const tool = await NpmProject.ofTool(VITE);
    if (!tool) return;
    const project = await NpmProject.withPackages();
    try {
      await build(project, tool.path("node_modules/vite/bin/vite.js"));
      await checkClock(t, (request) => answerFrom(project.folder, request));
    } finally {
      await project.remove();
    }
  },
});
