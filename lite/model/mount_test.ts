import assert from "node:assert/strict";
import * as fc from "fast-check";
import { MoqError } from "../error.ts";
import { MAX_PATH_SEGMENTS } from "../path.ts";
import {
  broadcastBehind,
  type BroadcastConsumer,
  BroadcastProducer,
} from "./broadcast.ts";
import { checkMounts, mountOf, shownAt, targetOf } from "./mount.ts";
import { Origin } from "./origin.ts";
import type { AnnounceSubscription } from "./origin_scope.ts";
import type { Route, RouteSource } from "./route.ts";

function route(...hops: readonly bigint[]): Route {
  return { hops, warm: 1, cold: 1 };
}

function source(asked: string[] = []): RouteSource {
  return {
    covers: () => true,
    consume(rest): BroadcastConsumer {
      asked.push(rest);
      const broadcast = new BroadcastProducer();
      broadcast.createTrack("video");
      return broadcast.consume();
    },
  };
}

function drain(listing: AnnounceSubscription): string[] {
  const events: string[] = [];
  for (let event; (event = listing.tryNext());) {
    events.push(`${event.kind} ${event.path} ${event.route.hops.join(">")}`);
  }
  return events.sort();
}

const MOUNTS = [{ at: "svc", target: "fleet/p1" }];

Deno.test("OriginScope.announced: a mount shows its target instead of its path", () => {
  const origin = new Origin();
  origin.claim("fleet/p1/x", source(), route(1n));
  origin.claim("fleet/p2/x", source(), route(2n));
  origin.claim("p1/cam", source(), route(3n));
  origin.claim("p1/svc/forged", source(), route(4n));
  const scope = origin.scope({ root: "p1", mounts: MOUNTS });
  const all = scope.announced();
  const mounted = scope.announced("svc");
  assert.deepEqual(drain(all), ["start cam 3", "start svc/x 1"]);
  assert.deepEqual(drain(mounted), ["start x 1"]);
  const late = origin.claim("fleet/p1/y", source(), route(5n));
  assert.deepEqual(drain(all), ["start svc/y 5"]);
  late.close();
  assert.deepEqual(drain(all), ["end svc/y 5"]);
  const whole = origin.claim("fleet", source(), route(6n));
  assert.deepEqual(drain(all), ["start svc 6"]);
  assert.deepEqual(drain(mounted), ["start  6"]);
  whole.close();
  assert.deepEqual(drain(all), ["end svc 6"]);
});

Deno.test("OriginScope.consume: a mount shares the target's broadcast", async () => {
  const origin = new Origin();
  const asked: string[] = [];
  origin.claim("fleet", source(asked), route(1n));
  origin.claim("p1", source(), route(2n));
  const scope = origin.scope({ root: "p1", mounts: MOUNTS }).excluding(9n);
  const mounted = scope.consume("svc/x");
  await mounted.track("video").info();
  assert.equal(
    broadcastBehind(origin.consume("fleet/p1/x")),
    broadcastBehind(mounted),
  );
  assert.deepEqual(asked, ["p1/x"]);
});

Deno.test("OriginScope.claim: nothing is published at a mount or below", () => {
  const scope = new Origin().scope({ root: "p1", mounts: MOUNTS });
  for (const path of ["svc", "svc/x"]) {
    assert.throws(
      () => scope.claim(path, source(), route(1n)),
      (error) => error instanceof MoqError && error.code === "unauthorized",
    );
  }
  scope.claim("svcs", source(), route(1n)).close();
  scope.claim("", source(), route(1n)).close();
});

Deno.test("OriginScope: a mount does not widen the filter", () => {
  const origin = new Origin();
  origin.claim("fleet/p1/x", source(), route(1n));
  origin.claim("fleet/p1/y", source(), route(1n));
  const filter = {
    prefixes: ["svc/x"],
    allows: (it: string) => it === "svc/x",
  };
  const scope = origin.scope({ root: "p1", filter, mounts: MOUNTS });
  assert.deepEqual(drain(scope.announced()), ["start svc/x 1"]);
  assert.throws(() => scope.consume("svc/y"), /announced/);
});

for (
  const [what, mounts] of [
    ["its own target", [{ at: "a", target: "p1/a/b" }]],
    ["its own target from below", [{ at: "a/b", target: "p1/a" }]],
    ["the root", [{ at: "", target: "other" }, { at: "b", target: "x" }]],
    ["another's place", [
      { at: "a", target: "x" },
      { at: "a/b", target: "y" },
    ]],
    ["another's target", [
      { at: ".a", target: "p1/.z" },
      { at: ".z", target: "secret" },
    ]],
  ] as const
) {
  Deno.test(`checkMounts: a mount over ${what} is refused, in any order`, () => {
    for (const list of [mounts, mounts.toReversed()]) {
      assert.throws(() => checkMounts("p1", list), RangeError);
    }
  });
}

Deno.test("checkMounts: two places may show one target; extra slashes go", () => {
  const mounts = [{ at: "/a/", target: "x//y" }, { at: "b", target: "x" }];
  assert.deepEqual(checkMounts("p1", mounts), [
    { at: "a", target: "x/y" },
    { at: "b", target: "x" },
  ]);
});

Deno.test("targetOf, shownAt: there and back, and never a path that is too long", () => {
  const path = fc.array(fc.constantFrom("a", "b"), { maxLength: 24 })
    .map((segments) => segments.join("/"));
  const mount = fc.record({
    at: path.map((it) => `m/${it}`.replace(/\/$/, "")),
    target: path.map((it) => `t/${it}`.replace(/\/$/, "")),
  });
  fc.assert(fc.property(mount, path, (mount, rest) => {
    const shown = rest === "" ? mount.at : `${mount.at}/${rest}`;
    assert.equal(mountOf([mount], shown), mount);
    const target = targetOf(mount, shown);
    if (target === undefined) return;
    assert.ok(target.split("/").length <= MAX_PATH_SEGMENTS);
    const back = shownAt(mount, target);
    if (back !== undefined) assert.equal(back, shown);
  }));
});
