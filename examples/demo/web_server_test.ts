import assert from "node:assert/strict";
import { BroadcastProducer, Origin, type Session } from "@moq-deno/lite";
import { answerPage } from "./web_server.ts";

const HOST = "http://localhost:8080";
const FACTS = { relay: "http://127.0.0.1:4443/" };

async function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  const request = new Request(HOST + path, { headers });
  const response = await answerPage(request, FACTS);
  return { status: response.status, text: await response.text() };
}

const PAGES = ["publish", "meet", "chat", "stats"];

/** Asks for a page and for whatever it imports, that of that too; the paths. */
async function follow(page: string, main: string): Promise<Set<string>> {
  const { text } = await get(page);
  const [, importMap = ""] =
    /<script type="importmap">([^]*?)<\/script>/.exec(text) ?? [];
  const { imports } = JSON.parse(importMap) as {
    readonly imports: Readonly<Record<string, string>>;
  };
  const seen = new Set([main]);
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
  return seen;
}

Deno.test("answerPage: whatever the page imports is there, without types and without Deno", async () => {
  const seen = await follow("/", "/web/main.ts");
  assert.ok(seen.size > 80, `${seen.size} modules`);
  assert.ok(seen.has("/hang/watch/video/video_lane.ts"));
});

Deno.test("answerPage: so it is with the other pages, and each leads to all", async () => {
  for (const name of PAGES) {
    const seen = await follow(`/${name}`, `/web/${name}.ts`);
    assert.ok(seen.has(`/web/${name}.ts`));
    const { text } = await get(`/${name}`);
    for (const other of PAGES) assert.match(text, RegExp(`href="/${other}"`));
  }
});

Deno.test("answerPage: numbers are there where the relay is, and only there", async () => {
  assert.equal((await get("/stats.json")).status, 404);
  const running = { origin: new Origin(), sessions: new Set<Session>() };
  running.origin.publish("room/ada", new BroadcastProducer());
  const request = new Request(`${HOST}/stats.json`);
  const response = await answerPage(request, { ...FACTS, running });
  const { broadcasts, sessions } = await response.json();
  assert.deepEqual([broadcasts, sessions], [["room/ada"], []]);
});

Deno.test("answerPage: a name may stand behind a page's address", async () => {
  for (
    const [path, title] of [
      ["/watch/room/ada%20l", "live"],
      ["/watch/-#at=..", "live"],
      ["/publish/my%2Fcamera", "publish"],
      ["/meet/", "meet"],
      ["/chat/room/lobby", "chat"],
    ] as const
  ) {
    const { status, text } = await get(path);
    assert.equal(status, 200, path);
    assert.match(text, RegExp(`<title>moq-deno: ${title}</title>`));
  }
  assert.equal((await get("/stats/room")).status, 404);
});

Deno.test("answerPage: old addresses lead to the pages", async () => {
  for (
    const [path, to] of [
      ["/web/publish.html", "/publish"],
      ["/web/index.html", "/"],
      ["/watch", "/"],
      ["/watch/", "/"],
    ] as const
  ) {
    const response = await answerPage(new Request(HOST + path), FACTS);
    assert.equal(response.status, 302, path);
    assert.equal(response.headers.get("location"), to);
  }
});

Deno.test("answerPage: a person gets a page that helps, without markup of the address", async () => {
  const accept = { accept: "text/html,*/*" };
  const { status, text } = await get("/room/<b>%22%3Cb%3E%26/%zz", accept);
  assert.equal(status, 404);
  assert.doesNotMatch(text, /<b>|\$/);
  const { text: helpful } = await get("/room/ada%20l", accept);
  assert.match(helpful, /href="\/watch\/room\/ada%20l"[^]*room\/ada l/);
  assert.equal((await get("/room/ada")).text, "Nothing at /room/ada\n");
});

Deno.test("answerPage: the relay has the name that the page has", async () => {
  const facts = { relay: ({ hostname }: URL) => `http://${hostname}:1/` };
  const request = new Request("http://[::1]:8080/demo.json");
  const response = await answerPage(request, facts);
  assert.deepEqual(await response.json(), { relay: "http://[::1]:1/" });
});

Deno.test("answerPage: nothing else is", async () => {
  for (
    const path of [
      "/deno.json",
      "/relay/relay.ts",
      "/lite/deno/mod.ts",
      "/hang/cli/main.ts",
      "/hang/watch/clock/playout_clock_test.ts",
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
