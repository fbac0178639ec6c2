import assert from "node:assert/strict";
import { parsePeer, parsePeers, peerName, withToken } from "./peer.ts";

Deno.test("parsePeer: takes the cost from a URL and leaves the jwt", () => {
  const { url, cost } = parsePeer("https://eu.example/root?jwt=abc&cost=7");
  assert.equal(url.href, "https://eu.example/root?jwt=abc");
  assert.equal(cost, 7);
  assert.equal(parsePeer("moqt://eu.example:4443").cost, undefined);
});

Deno.test("parsePeer: accepts an object with the same fields", () => {
  const entry = { url: "https://eu.example/root", cost: 0, token: "abc" };
  const { url, cost } = parsePeer(entry);
  assert.equal(url.href, "https://eu.example/root?jwt=abc");
  assert.equal(cost, 0);
});

for (
  const [entry, why] of [
    ["eu.example", /begins with/],
    ["ftp://eu.example", /begins with/],
    ["https://eu.example?cost=cheap", /cost is/],
    ["https://eu.example?cost=", /cost is/],
    [{ url: "https://eu.example?jwt=abc" }, /beside/],
    [{ url: "https://eu.example?cost=1" }, /beside/],
    [{ cost: 1 }, /"url" is missing/],
    [{ url: "https://eu.example", cost: -1 }, /cost is/],
    [{ url: "https://eu.example", price: 1 }, /"price"/],
    [17, /expected a URL/],
    [["https://eu.example"], /expected a URL/],
  ] as const
) {
  Deno.test(`parsePeer: refuses ${JSON.stringify(entry)}`, () => {
    assert.throws(() => parsePeer(entry), why);
  });
}

Deno.test("parsePeers: refuses the whole list when an entry is invalid", () => {
  const list = '["https://a.example", {"url": "moqt://b.example", "cost": 3}]';
  assert.deepEqual(parsePeers(list).map(peerName), [
    "https://a.example",
    "moqt://b.example",
  ]);
  assert.throws(() => parsePeers('["https://a.example", 5]'), RangeError);
  assert.throws(() => parsePeers("{}"), RangeError);
  assert.throws(() =>
    parsePeers(`[${'"https://a",'.repeat(1000)}"https://a"]`)
  );
});

Deno.test("peerName: shows the address without secrets", () => {
  const peer = parsePeer("https://eu.example:4443/root?jwt=secret");
  assert.equal(peerName(peer), "https://eu.example:4443/root");
  assert.equal(
    peerName({ ...peer, address: "10.0.0.7" }),
    "https://eu.example:4443/root at 10.0.0.7",
  );
});

Deno.test("withToken: keeps the URL's own token", () => {
  const url = new URL("https://eu.example/");
  assert.equal(withToken(url, "a").search, "?jwt=a");
  assert.equal(withToken(withToken(url, "a"), "b").search, "?jwt=a");
});
