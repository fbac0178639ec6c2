import assert from "node:assert/strict";
import { Chromium, findChromium } from "./chromium.ts";

const path = findChromium();

Deno.test({
  name: "Chromium: a page is run, seen and heard",
  ignore: path === undefined,
  async fn() {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () =>
        new Response(
          `<!doctype html><link rel=icon href=data:,><body style="background:#2060e0">
          <script>console.log("said", 1); setTimeout(() => { throw new Error("thrown") })</script>`,
          { headers: { "content-type": "text/html" } },
        ),
    );
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page({ width: 320, height: 200 });
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    assert.equal(await page.evaluate("innerWidth"), 320);
    assert.equal(await page.evaluate("isSecureContext"), true);
    await assert.rejects(page.evaluate("nothing.there"), /ReferenceError/);
    assert.ok((await page.screenshot()).byteLength > 100);
    await page.until("performance.now() > 50");
    assert.equal(page.console[0], "log: said 1");
    assert.match(page.console[1]!, /^uncaught: Error: thrown/);
  },
});
