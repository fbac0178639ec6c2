import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { broadcastOf, resolveBroadcast } from "./related.ts";

const BASE = "a/b/c";

for (
  const [relative, expected] of [
    ["./d", "a/b/d"],
    ["d", "a/b/d"],
    [".", "a/b"],
    ["../d", "a/d"],
    ["../..", ""],
    ["..//d/./e/", "a/d/e"],
    ["", BASE],
    ["/", BASE],
  ] as const
) {
  Deno.test(`resolveBroadcast of ${JSON.stringify(relative)} in ${BASE}`, () => {
    assert.equal(resolveBroadcast(BASE, relative), expected);
  });
}

Deno.test("resolveBroadcast refuses what leaves the root or is too deep", () => {
  assert.throws(() => resolveBroadcast(BASE, "../../../d"), {
    code: "decode",
    message: 'Expected a broadcast below the root, got "../../../d" in "a/b/c"',
  });
  assert.throws(() => resolveBroadcast("a", "x/".repeat(33)), {
    code: "decode",
  });
});

Deno.test("broadcastOf asks for another broadcast by path, never for its own", () => {
  const [own, other] = [new BroadcastProducer(), new BroadcastProducer()]
    .map((producer) => producer.consume());
  const asked: string[] = [];
  const source = {
    consume(path: string) {
      asked.push(path);
      return other!;
    },
  };
  const among = { own: own!, related: { path: "film/small", source } };
  assert.equal(broadcastOf(undefined, among), own);
  assert.equal(broadcastOf("./small", among), own);
  assert.deepEqual(asked, []);
  assert.equal(broadcastOf("./source", among), other);
  assert.deepEqual(asked, ["film/source"]);
  assert.throws(
    () => broadcastOf("./source", { own: own!, related: undefined }),
    { code: "unsupported" },
  );
});
