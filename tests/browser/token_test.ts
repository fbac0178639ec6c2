/** `@moq-deno/relay/token` in a page. */
import assert from "node:assert/strict";
import { ALGORITHMS } from "@moq-deno/relay/token";
import { tokenProgram } from "../package/token_program.ts";
import { Chromium, findChromium } from "./chromium.ts";

const path = findChromium();

Deno.test({
  name: "relay/token: every algorithm signs, verifies and refuses in a page",
  ignore: path === undefined,
  async fn() {
    const program = await tokenProgram();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) =>
        url.endsWith(".js")
          ? new Response(program, {
            headers: { "content-type": "text/javascript" },
          })
          : new Response(
            `<!doctype html><link rel="icon" href="data:,"><output></output>
<script type="module" src="token.js"></script>
<script type="module">
document.querySelector("output").value = await worked;
</script>`,
            { headers: { "content-type": "text/html" } },
          ),
    );
    await using chromium = await Chromium.launch(path!);
    const page = await chromium.page({});
    try {
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      const shown = await page.until<string>(
        "document.querySelector('output').value",
        60_000, // keys of RSA take their time
      );
      assert.equal(shown, ALGORITHMS.join(" "));
      assert.deepEqual(page.console, []);
    } finally {
      await page.close();
    }
  },
});
