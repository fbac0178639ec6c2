import assert from "node:assert/strict";
import { watchHint } from "./watch_hint.ts";

Deno.test("watchHint: the relay's page if there is one", async () => {
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push(new URL(request.url).pathname);
      return new Response("<!doctype html>", {
        headers: { "content-type": "text/html; charset=utf-8" },
      });
    },
  );
  const at = `http://127.0.0.1:${server.addr.port}`;
  const hint = await watchHint(new URL(`${at}/live?jwt=secret`), "my film/a");
  assert.equal(hint, `${at}/watch/live/my%20film/a`);
  assert.deepEqual(asked, ["/watch/live/my%20film/a"]);
});

Deno.test("watchHint: a command without the token if there is no page", async () => {
  const nowhere = "http://127.0.0.1:1";
  for (
    const [url, name, expected] of [
      [`${nowhere}/`, "film", `--url ${nowhere}/ --name film`],
      [
        "moqt://127.0.0.1:1/live?jwt=secret",
        "it's",
        "--url 'moqt://127.0.0.1:1/live?jwt=TOKEN' --name 'it'\\''s'",
      ],
    ] as const
  ) {
    const hint = await watchHint(new URL(url), name);
    assert.equal(hint, `hang subscribe ${expected} - | ffplay -`);
  }
});
