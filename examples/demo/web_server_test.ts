import assert from "node:assert/strict";
import { answerPage } from "./web_server.ts";

const HOST = "http://localhost:8080";
const FACTS = { relay: "http://127.0.0.1:4443/" };

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await answerPage(new Request(HOST + path), FACTS);
  return { status: response.status, text: await response.text() };
}

Deno.test("answerPage: whatever the page imports is there, without types and without Deno", async () => {
  const { text } = await get("/");
  const [, importMap = ""] =
    /<script type="importmap">([^]*?)<\/script>/.exec(text) ?? [];
  const { imports } = JSON.parse(importMap) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  const seen = new Set(["/web/main.ts"]);
  for (const path of seen) {
    const { status, text } = await get(path);
    assert.equal(status, 200, path);
    assert.doesNotMatch(text, /\bDeno\./, path);
    for (
      const [, name] of text.matchAll(/^(?:im|ex)port\b[^;]*?from "(.+?)";/gm)
    ) {
      const target = imports[name!] ?? name!;
      seen.add(new URL(target, HOST + path).pathname);
    }
  }
  assert.ok(seen.size > 80, `${seen.size} modules`);
  assert.ok(seen.has("/hang/watch/video_lane.ts"));
});

Deno.test("answerPage: nothing else is", async () => {
  for (
    const path of [
      "/deno.json",
      "/relay/relay.ts",
      "/lite/deno/mod.ts",
      "/hang/cli/main.ts",
      "/hang/watch/sync_test.ts",
      "/lite/../deno.json",
      "/lite/%2e%2e/relay/main.ts",
      "/lite/..%2frelay/main.ts",
      "/web/../main.ts",
      "/web/nothing.ts",
      "//web/main.ts",
    ]
  ) assert.equal((await get(path)).status, 404, path);
  const post = new Request(HOST, { method: "POST" });
  assert.equal((await answerPage(post, FACTS)).status, 405);
});
