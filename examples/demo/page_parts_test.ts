import assert from "node:assert/strict";
import { withParts } from "./page_parts.ts";

const WEB = new URL("web/", import.meta.url);
const LINKS: Readonly<Record<string, string>> = {
  "index.html": "/",
  "not_found.html": "",
};

for await (const { name } of Deno.readDir(WEB)) {
  if (!name.endsWith(".html")) continue;
  Deno.test(`withParts: ${name} is whole and says where it is`, async () => {
    const page = await Deno.readTextFile(new URL(name, WEB));
    const pathname = LINKS[name] ?? `/${name.replace(".html", "")}`;
    const whole = await withParts(page, pathname);
    assert.doesNotMatch(whole, /#include/);
    assert.match(whole, /<html lang="en">[^]*<meta charset="utf-8">/);
    for (const once of [/<meta name="viewport"/g, /<title>/g, /"importmap"/g]) {
      assert.equal(whole.match(once)?.length, 1, String(once));
    }
    const current = [...whole.matchAll(/href="([^"]*)" aria-current="page"/g)];
    assert.deepEqual(
      current.map(([, href]) => href),
      pathname === "" ? [] : [pathname],
    );
  });
}

Deno.test("withParts: a part that is not there fails", async () => {
  const page = '<!--#include virtual="/web/parts/nothing.html" -->\n';
  await assert.rejects(withParts(page, "/"), Deno.errors.NotFound);
});
