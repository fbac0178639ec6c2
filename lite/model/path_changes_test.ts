import assert from "node:assert/strict";
import { Latch } from "../latch.ts";
import { Origin } from "./origin.ts";
import { PathChanges } from "./path_changes.ts";
import type { RouteSource } from "./route.ts";

const SOURCE: RouteSource = {
  covers: () => false,
  consume: () => {
    throw new TypeError("Expected no reader");
  },
};
const ROUTE = { hops: [7n], warm: 0, cold: 0 };

Deno.test("PathChanges.since: each path once, in the order of its last change", () => {
  const changes = new PathChanges();
  for (const path of ["a", "b", "c"]) changes.note(path);
  const { last } = changes;
  assert.deepEqual(changes.since(0), ["a", "b", "c"]);
  for (const path of ["b", "d", "b", "a"]) changes.note(path);
  assert.deepEqual(changes.since(last), ["d", "b", "a"]);
  assert.deepEqual(changes.since(0), ["c", "d", "b", "a"]);
  assert.deepEqual(changes.since(changes.last), []);
});

Deno.test("PathChanges.since: undefined beyond the last 1024 paths", () => {
  const changes = new PathChanges();
  for (let i = 0; i < 1024; i++) changes.note(`${i}`);
  assert.equal(changes.since(0)?.length, 1024);
  changes.note("one more");
  assert.equal(changes.since(0), undefined);
  assert.equal(changes.since(1)?.length, 1024);
});

Deno.test("PathChanges.note wakes a waiting latch once", async () => {
  const changes = new PathChanges();
  const latch = new Latch();
  changes.wake(latch);
  const woken = latch.changed();
  changes.note("a");
  await woken;
  let isWoken = false;
  void latch.changed().then(() => isWoken = true);
  changes.note("b");
  await Promise.resolve();
  assert.equal(isWoken, false);
});

Deno.test("Origin.announced: changes cost listings nothing until they look", () => {
  const origin = new Origin();
  let asked = 0;
  const filter = {
    prefixes: [""],
    allows: () => {
      asked++;
      return true;
    },
  };
  const scope = origin.scope({ filter });
  const listings = Array.from({ length: 200 }, () => scope.announced());
  for (const listing of listings) assert.equal(listing.tryNext(), undefined);
  for (let i = 0; i < 20_000; i++) origin.claim("a", SOURCE, ROUTE).close();
  assert.equal(asked, 0);
  for (const listing of listings) assert.equal(listing.tryNext(), undefined);
  assert.equal(asked, 200);
});

Deno.test("Origin.announced: a listing that missed too many changes catches up", () => {
  const origin = new Origin();
  const listing = origin.scope().announced();
  const gone = origin.claim("gone", SOURCE, ROUTE);
  origin.claim("stays", SOURCE, ROUTE);
  assert.equal(listing.take(64).length, 2);
  gone.close();
  for (let i = 0; i < 5000; i++) origin.claim(`${i}`, SOURCE, ROUTE);
  const events: string[] = [];
  while (listing.pending > 0) {
    const taken = listing.take(64);
    assert.ok(taken.length <= 64);
    events.push(...taken.map(({ kind, path }) => `${kind} ${path}`));
  }
  assert.equal(events.length, 5001);
  assert.ok(events.includes("end gone"));
  assert.ok(!events.includes("start stays"));
});

Deno.test("Origin.announced: a path that was gone in between ends and starts", () => {
  const origin = new Origin();
  const listing = origin.scope().announced();
  const first = origin.claim("a", SOURCE, ROUTE);
  assert.deepEqual(listing.take(64).map(({ kind }) => kind), ["start"]);
  first.close();
  origin.claim("a", SOURCE, ROUTE);
  assert.deepEqual(listing.take(64).map(({ kind }) => kind), ["end", "start"]);
  origin.claim("a", SOURCE, { ...ROUTE, hops: [7n, 8n] });
  assert.deepEqual(listing.take(64), []);
});

Deno.test("Origin.announced: a listing examines its own subtree alone", () => {
  const origin = new Origin();
  for (let i = 0; i < 1000; i++) origin.claim(`other/${i}`, SOURCE, ROUTE);
  origin.claim("room/a", SOURCE, ROUTE);
  origin.claim("room", { ...SOURCE, covers: () => true }, ROUTE);
  for (
    const [prefix, expected] of [["room", ["", "a"]], ["room/b", [""]]] as const
  ) {
    const listing = origin.scope().announced(prefix);
    const events = listing.take(64);
    assert.deepEqual(events.map(({ path }) => path).toSorted(), expected);
    assert.equal(listing.pending, 0);
    listing.close();
  }
});
