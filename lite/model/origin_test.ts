import assert from "node:assert/strict";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { MoqError } from "../error.ts";
import {
  broadcastBehind,
  type BroadcastConsumer,
  BroadcastProducer,
} from "./broadcast.ts";
import { Origin } from "./origin.ts";
import type { AnnounceSubscription } from "./origin_scope.ts";
import type { Route, RouteSource } from "./route.ts";

const isUnroutable = (error: unknown) =>
  error instanceof MoqError && error.code === "unroutable";

function route(hops: readonly bigint[], warm = 1, cold = 1): Route {
  return { hops, warm, cold };
}

/** A source that remembers what it was asked for. */
function source(coversAll = true): RouteSource & { asked: string[] } {
  const asked: string[] = [];
  const consume = (rest: string): BroadcastConsumer => {
    asked.push(rest);
    const broadcast = new BroadcastProducer();
    broadcast.createTrack("video");
    return broadcast.consume();
  };
  return { covers: () => coversAll, consume, asked };
}

function drain(listing: AnnounceSubscription): string[] {
  const events: string[] = [];
  for (let event; (event = listing.tryNext());) {
    events.push(`${event.kind} ${event.path} ${event.route.hops.join(">")}`);
  }
  return events;
}

function bestHops(origin: Origin): string | undefined {
  return origin.claims.best("a")?.route.hops.join(">");
}

Deno.test("Claims.carry: a route in use is free, also for the warm time after", async () => {
  const clock = new VirtualClock();
  const origin = new Origin({ clock, warmMs: 1000 });
  const listing = origin.scope().announced();
  const warm = (): number | undefined => listing.tryNext()?.route.warm;
  const claims = [route([1n, 2n], 5, 7), route([1n, 3n], 6, 8)];
  for (const one of claims) origin.claim("a", source(), one);
  assert.equal(warm(), 5);
  const drops = [0, 1].map(() => origin.claims.carry(origin.claims.best("a")!));
  assert.equal(warm(), 0);
  assert.equal(origin.claims.best("a", 2n)?.carried, 0);
  for (const drop of drops) drop();
  await clock.advance(900);
  assert.equal(warm(), undefined);
  await clock.advance(200);
  assert.equal(warm(), 5);
  assert.equal(origin.claims.best("a")?.route, claims[0]);
});

Deno.test("Origin: of two relays with the same route exactly one switches", () => {
  const hops = [11n, 12n] as const;
  const moves = hops.map((hop, i) => {
    const origin = new Origin({ hop, warmMs: 1000 });
    origin.claim("a", source(), route([1n, 2n], 10, 10));
    origin.claim("a", source(), route([1n, 2n, hops[1 - i]!], 1, 11));
    return origin.claims.best("a")?.route.hops.length === 3;
  });
  assert.deepEqual(moves.toSorted(), [false, true]);
});

Deno.test("Claims.best: named, then warm, cold, fewer hops, newer", () => {
  const origin = new Origin();
  const order = [
    route([0n, 1n], 0, 0),
    route([2n, 3n], 9, 0),
    route([4n, 5n], 5, 9),
    route([6n, 7n], 5, 8),
    route([8n], 5, 8),
    route([9n], 5, 8),
    route([], 0, 0),
  ];
  for (const one of order) {
    origin.claim("a", source(), one);
    assert.equal(bestHops(origin), one.hops.join(">") || "");
  }
});

Deno.test("Claims.best: an infinite price is the last resort", () => {
  const origin = new Origin();
  origin.claim("a", source(), route([1n], Infinity, Infinity));
  assert.equal(bestHops(origin), "1");
  origin.claim("a", source(), route([2n, 3n, 4n], 1000, Infinity));
  assert.equal(bestHops(origin), "2>3>4");
  origin.claim("a", source(), route([5n], Infinity, Infinity));
  assert.equal(bestHops(origin), "2>3>4");
});

Deno.test("Claims.claim: update and close reorder, and are no-ops afterwards", () => {
  const origin = new Origin();
  const one = origin.claim("a", source(), route([1n], 1));
  const two = origin.claim("a", source(), route([2n], 2));
  two.update(route([2n], 0));
  assert.equal(bestHops(origin), "2");
  two.close();
  two.close();
  two.update(route([2n], 0));
  assert.equal(bestHops(origin), "1");
  one.close();
  assert.deepEqual([...origin.paths()], []);
});

Deno.test("Origin.consume: the most specific claim serves the rest of the path", async () => {
  const origin = new Origin();
  const [wide, near] = [source(), source()];
  origin.claim("room", wide, route([1n]));
  origin.claim("room/alice", near, route([2n]));
  await origin.consume("room/alice/screen").track("video").info();
  await origin.consume("/room//bob/").track("video").info();
  await origin.consume("room").track("video").info();
  assert.deepEqual(near.asked, ["screen"]);
  assert.deepEqual(wide.asked, ["bob", ""]);
  assert.throws(() => origin.consume("roommate"), isUnroutable);
});

Deno.test("Origin.publish covers only its path, until the broadcast ends", async () => {
  const origin = new Origin();
  const broadcast = new BroadcastProducer();
  origin.publish("room", broadcast);
  assert.ok(origin.consume("room"));
  assert.throws(() => origin.consume("room/alice"), isUnroutable);
  broadcast.close();
  await broadcast.closed;
  await Promise.resolve();
  assert.throws(() => origin.consume("room"), isUnroutable);
});

Deno.test("Origin.serve: readers with the same routes share one broadcast", () => {
  const origin = new Origin();
  origin.claim("a", source(), route([1n, 5n]));
  origin.claim("a", source(), route([1n, 6n]));
  const plain = broadcastBehind(origin.consume("a"));
  assert.equal(broadcastBehind(origin.consume("a")), plain);
  assert.equal(
    broadcastBehind(origin.scope({ exclude: 9n }).consume("a")),
    plain,
  );
  const split = broadcastBehind(origin.scope({ exclude: 5n }).consume("a"));
  assert.notEqual(split, plain);
  assert.equal(
    broadcastBehind(origin.scope({ exclude: 5n }).consume("a")),
    split,
  );
});

Deno.test("Origin.serve: no path reaches another peer's view of a broadcast", () => {
  const origin = new Origin();
  origin.claim("a", source(), route([1n, 5n]));
  origin.claim("a", source(), route([1n, 6n]));
  const split = broadcastBehind(origin.scope({ exclude: 5n }).consume("a"));
  for (const name of ["a\n5", "5/a", "/5/a"]) {
    origin.claim(name, source(), route([7n]));
    assert.notEqual(broadcastBehind(origin.consume(name)), split);
  }
});

Deno.test("OriginScope: a view has its own root and stays within its filter", () => {
  const origin = new Origin();
  const scope = origin.scope({
    root: "tenant",
    filter: {
      prefixes: ["pub"],
      allows: (path) => path === "pub" || path.startsWith("pub/"),
    },
  });
  for (const path of ["tenant/pub/a", "tenant/secret", "other"]) {
    origin.claim(path, source(), route([1n]));
  }
  assert.deepEqual(drain(scope.announced()), ["start pub/a 1"]);
  assert.ok(scope.consume("pub/a"));
  assert.throws(() => scope.consume("secret"), isUnroutable);
  assert.throws(() => scope.consume("other"), isUnroutable);
  assert.throws(
    () => scope.claim("secret", source(), route([2n])),
    (error) => error instanceof MoqError && error.code === "unauthorized",
  );
});

Deno.test("OriginScope.announced: merges changes between two reads", () => {
  const origin = new Origin();
  const listing = origin.scope().announced();
  const one = origin.claim("a", source(), route([1n, 5n]));
  one.close();
  assert.deepEqual(drain(listing), []);
  const two = origin.claim("a", source(), route([1n, 5n]));
  assert.deepEqual(drain(listing), ["start a 1>5"]);
  two.update(route([1n, 6n]));
  two.update(route([1n, 7n]));
  assert.deepEqual(drain(listing), ["update a 1>7"]);
  const other = origin.claim("a", source(), route([2n], 0));
  assert.deepEqual(drain(listing), ["end a 1>7", "start a 2"]);
  other.close();
  two.close();
  assert.deepEqual(drain(listing), ["end a 2"]);
});

Deno.test("OriginScope.announced: shows the best route not through the peer", () => {
  const origin = new Origin();
  const listing = origin.scope({ exclude: 5n }).announced();
  origin.claim("a", source(), route([1n, 5n], 0));
  assert.deepEqual(drain(listing), []);
  const standby = origin.claim("a", source(), route([1n, 6n], 3));
  assert.deepEqual(drain(listing), ["start a 1>6"]);
  standby.close();
  assert.deepEqual(drain(listing), ["end a 1>6"]);
});

Deno.test("OriginScope.announced: hides names with a dot unless named", () => {
  const origin = new Origin();
  for (const path of [".stats/node", "room/.meta/x", "room/alice"]) {
    origin.claim(path, source(), route([1n]));
  }
  assert.deepEqual(drain(origin.scope().announced()), ["start room/alice 1"]);
  assert.deepEqual(drain(origin.scope().announced(".stats")), ["start node 1"]);
  const listing = origin.scope().announced("room/alice/x/y");
  assert.deepEqual(drain(listing), ["start  1"]);
  const nearer = origin.claim("room/alice/x", source(), route([2n]));
  assert.deepEqual(drain(listing), ["end  1", "start  2"]);
  nearer.close();
  assert.deepEqual(drain(listing), ["end  2", "start  1"]);
});

for (const atOnce of [64, 1500]) {
  Deno.test(`OriginScope.announced: ${atOnce} changes do not delay a listing`, () => {
    const origin = new Origin();
    const claim = (path: string) => origin.claim(path, source(), route([1n]));
    const restless = Array.from({ length: 2000 }, (_, i) => claim(`r${i}`));
    for (let i = 0; i < 200; i++) claim(`still/${i}`);
    let at = 0;
    const storm = (): void => {
      for (let i = 0; i < atOnce; i++, at++) {
        restless[at % 2000]!.close();
        restless[at % 2000] = claim(`r${at % 2000}`);
      }
    };
    const listing = origin.scope().announced();
    const live: Set<string> = new Set();
    const look = (): void => {
      for (const { kind, path } of listing.take(64)) {
        if (kind === "end") live.delete(path);
        else live.add(path);
      }
    };
    // Every second step is one of the sweep over 2200 paths.
    for (let looks = 0; looks < 80 && !listing.isListed; looks++) {
      storm();
      look();
    }
    assert.equal(listing.isListed, true);
    for (let i = 0; i < 200; i++) assert.ok(live.has(`still/${i}`), `${i}`);
    restless[7]!.close();
    claim("new");
    // With the storm over, everything is found.
    while (listing.pending > 0) look();
    assert.equal(live.size, 2200);
    assert.equal(live.has("r7"), false);
  });
}

Deno.test("OriginScope.announced: leaving or aborting the loop stops it", async () => {
  const origin = new Origin();
  origin.claim("a", source(), route([1n]));
  for await (const { path } of origin.announced()) {
    assert.equal(path, "a");
    break;
  }
  const controller = new AbortController();
  const waiting = origin.announced("b", controller.signal)[
    Symbol.asyncIterator
  ]().next();
  controller.abort();
  assert.equal((await waiting).done, true);
});

Deno.test("Claims.lose: a lost path lingers, its publisher's return is an update", async () => {
  const clock = new VirtualClock();
  const origin = new Origin({ clock, lingerMs: 5000 });
  const source = {
    covers: () => true,
    consume: () => new BroadcastProducer().consume(),
  };
  const route = { hops: [7n], warm: 0, cold: 0 };
  const listing = origin.scope().announced();
  const lost = origin.claim("live", source, route);
  assert.equal(listing.tryNext()?.kind, "start");
  lost.lose();
  const resort = listing.tryNext();
  assert.equal(resort?.kind, "update");
  assert.equal(resort?.route.warm, Infinity);
  await clock.advance(4000);
  const back = origin.claim("live", source, route);
  assert.deepEqual(listing.tryNext(), { kind: "update", path: "live", route });
  await clock.advance(2000);
  assert.equal(listing.tryNext(), undefined);
  back.lose();
  listing.tryNext();
  await clock.advance(4999);
  assert.equal(listing.tryNext(), undefined);
  await clock.advance(1);
  assert.equal(listing.tryNext()?.kind, "end");
  listing.close();
});

Deno.test("Publication.withdraw: also removes routes through the announcer", () => {
  const origin = new Origin();
  const source = {
    covers: () => true,
    consume: () => new BroadcastProducer().consume(),
  };
  const over = (...hops: readonly bigint[]) => ({ hops, warm: 1, cold: 1 });
  const direct = origin.claim("live", source, over(7n, 1n));
  const stale = origin.claim("live", source, over(7n, 1n, 2n));
  const apart = origin.claim("live", source, over(7n, 3n));
  const foreign = origin.claim("live", source, over(8n, 1n, 2n));
  direct.withdraw();
  const ways = (): string[] =>
    [...origin.claims.covering("live")].map(({ route }) =>
      route.hops.join(">")
    );
  assert.deepEqual(ways(), ["7>3", "8>1>2"]);
  stale.update(over(7n, 4n, 2n));
  assert.deepEqual(ways().sort(), ["7>3", "7>4>2", "8>1>2"]);
  stale.close();
  stale.update(over(7n, 5n, 2n));
  apart.close();
  foreign.close();
  assert.deepEqual([...origin.paths()], []);
});

Deno.test("Publication.withdraw: keeps routes of the announcer's other session", () => {
  const origin = new Origin();
  const source = {
    covers: () => true,
    consume: () => new BroadcastProducer().consume(),
  };
  const route = { hops: [7n, 1n], warm: 1, cold: 1 };
  const twin = origin.claim("live", source, route);
  origin.claim("live", source, route);
  origin.claim("live", source, { ...route, hops: [7n, 1n, 2n] });
  twin.withdraw();
  assert.equal([...origin.claims.covering("live")].length, 2);
});

Deno.test("OriginScope.claim: the limits of a path include the root", () => {
  const origin = new Origin();
  const root = Array(20).fill("a").join("/");
  const scope = origin.scope({ root });
  const deepest = Array(12).fill("b").join("/");
  assert.ok(scope.publish(deepest, new BroadcastProducer()));
  const isRefused = (error: unknown) =>
    error instanceof MoqError && error.code === "unauthorized";
  const late = new BroadcastProducer();
  assert.throws(() => scope.publish(`${deepest}/c`, late), isRefused);
  const long = Array(4).fill("a".repeat(1015)).join("/");
  assert.throws(() => scope.publish(long, late), isRefused);
});

Deno.test("Origin: unread broadcasts go with their publisher", () => {
  const origin = new Origin();
  const claim = origin.claim("live", source(), route([1n]));
  for (let i = 0; i < 100; i++) origin.consume(`live/${i}`);
  assert.equal(origin.served, 100);
  claim.close();
  assert.equal(origin.served, 0);
});
