import assert from "node:assert/strict";
import type { MoqError } from "@moq-deno/lite";
import { VirtualClock } from "@moq-deno/lite/testing";
import {
  atTime,
  covers,
  patternFilter,
  type Peer,
  PublicAuth,
  requestPath,
  requestToken,
} from "./auth.ts";

function request(path: string, query = ""): Peer {
  return { transport: "quic", path, query };
}

function isUnauthorized(error: MoqError): boolean {
  return error.code === "unauthorized";
}

Deno.test("PublicAuth: patterns are relative to the dialled path", async () => {
  const auth = new PublicAuth({
    publish: ["room/*/up/**"],
    subscribe: ["room/**"],
  });
  assert.deepEqual(await auth.grant(request("//room//7/")), {
    root: "room/7",
    publish: ["up/**"],
    subscribe: ["**"],
  });
  assert.deepEqual(await auth.grant(request("")), {
    root: "",
    publish: ["room/*/up/**"],
    subscribe: ["room/**"],
  });
});

Deno.test("PublicAuth: grants one direction alone, refuses with none", async () => {
  const auth = new PublicAuth({ publish: [], subscribe: ["live/**"] });
  const grant = await auth.grant(request("/live/a"));
  assert.deepEqual([grant.publish, grant.subscribe], [[], ["**"]]);
  await assert.rejects(auth.grant(request("/other")), isUnauthorized);
});

Deno.test("PublicAuth: refuses credentials, ignores an empty jwt", async () => {
  const auth = new PublicAuth({ publish: ["**"], subscribe: ["**"] });
  await assert.rejects(
    auth.grant(request("/a", "x=1&jwt=abc")),
    isUnauthorized,
  );
  assert.equal((await auth.grant(request("/a", "jwt=&jwt"))).root, "a");
});

Deno.test("PublicAuth: throws RangeError on an invalid pattern", () => {
  assert.throws(
    () => new PublicAuth({ publish: ["/a"], subscribe: [] }),
    RangeError,
  );
});

Deno.test("requestPath: allows extra slashes, refuses stars and long paths", () => {
  assert.equal(requestPath("//demo//x/"), "demo/x");
  assert.equal(requestPath("/"), "");
  assert.throws(() => requestPath("/a/*"), isUnauthorized);
  assert.throws(() => requestPath("/a/b*"), isUnauthorized);
  assert.equal(requestPath("a/".repeat(32)).length, 63);
  assert.throws(() => requestPath("a/".repeat(33)), isUnauthorized);
});

Deno.test("requestToken: takes the last non-empty jwt", () => {
  assert.equal(requestToken("jwt=a&jwt=b%2Bc&jwt="), "b+c");
  assert.equal(requestToken("jw=a"), undefined);
});

Deno.test("PublicAuth: localPagesOnly refuses web sites, not programs", async () => {
  const auth = new PublicAuth({
    publish: ["**"],
    subscribe: ["**"],
    localPagesOnly: true,
  });
  for (
    const origin of [
      "http://localhost:8080",
      "http://127.0.0.1",
      "https://[::1]:1",
    ]
  ) {
    assert.equal((await auth.grant({ ...request("/a"), origin })).root, "a");
  }
  assert.equal((await auth.grant(request("/a"))).root, "a");
  for (
    const origin of [
      "https://example.com",
      "http://localhost.example.com",
      "http://127.0.0.1.example.com",
      "null",
      "",
    ]
  ) {
    await assert.rejects(
      auth.grant({ ...request("/a"), origin }),
      isUnauthorized,
      origin,
    );
  }
});

Deno.test("patternFilter: minimal prefixes hold every allowed path", () => {
  const filter = patternFilter(["a/b/**", "a/**", "c/*/d", "a"]);
  assert.deepEqual(filter.prefixes, ["a", "c"]);
  assert.equal(filter.allows("c/x/d"), true);
  assert.equal(filter.allows("c/x"), false);
  assert.deepEqual(patternFilter([]).prefixes, []);
});

Deno.test("covers: true when any pattern matches", () => {
  assert.equal(covers(["a/**", "b"], "b"), true);
  assert.equal(covers(["a/**", "b"], "b/c"), false);
  assert.equal(covers([], ""), false);
});

Deno.test("atTime: fires at a far time, at once for a past one", async () => {
  const clock = new VirtualClock();
  const kept: string[] = [];
  const at = (seconds: number, name: string): () => void =>
    atTime(clock, {
      time: Date.now() / 1000 + seconds,
      then: () => kept.push(name),
    });
  at(-5, "past");
  at(10, "soon");
  const cancel = at(10, "cancelled");
  at(60 * 86_400, "far away");
  cancel();
  await clock.advance(9_000);
  assert.deepEqual(kept, ["past"]);
  await clock.advance(2_000);
  assert.deepEqual(kept, ["past", "soon"]);
  // A 32-bit timer would have fired at once, or after 24 days.
  await clock.advance(25 * 86_400_000);
  assert.deepEqual(kept, ["past", "soon"]);
});
