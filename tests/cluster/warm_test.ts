/** `cluster.warm` in virtual time: nearby relays take a broadcast from the one that carries it, and not from each other in turn. */
import assert from "node:assert/strict";
import { sleep } from "@moq-deno/lite";
import { Publisher, trackOver, Viewer } from "./people.ts";
import { clusterTest, peerNamed, type World } from "./world.ts";

const SIDE_BY_SIDE = ["b", "c", "d", "e"];

/** A distant relay with the publisher, and four relays near each other that all reach it. */
function build(world: World): void {
  world.node("a");
  for (const [i, name] of SIDE_BY_SIDE.entries()) {
    const near = SIDE_BY_SIDE.slice(0, i).map((other) => ({
      ...peerNamed(other),
      cost: 1,
    }));
    world.node(name);
    world.at(name).cluster.assign("connect", [
      { ...peerNamed("a"), cost: 10 },
      ...near,
    ]);
  }
}

/** How many tracks the relay `name` takes from the distant one. */
function farCopies(world: World, name: string): number {
  const { hop } = world.at(name).relay.origin;
  const peers = [...world.at("a").relay.peers];
  return peers.filter((peer) => peer.hop === hop)
    .reduce((sum, { session }) => sum + session.stats.subscriptions, 0);
}

for (const [when, gapMs] of [["at once", 0], ["one by one", 3000]] as const) {
  for (const [warmMs, copies] of [[undefined, 4], [1000, 1]] as const) {
    clusterTest(
      `Cluster, viewers at four relays ${when}, warm ${
        warmMs !== undefined
      }; copies over the long way: ${copies}`,
      async (world) => {
        const { clock } = world;
        build(world);
        const client = world.client("publisher", "a");
        const publisher = new Publisher(client.local, { path: "live", clock });
        await sleep(clock, 3000);
        const viewers: Viewer[] = [];
        for (const name of SIDE_BY_SIDE) {
          const source = trackOver(world.client(`v ${name}`, name), "live");
          viewers.push(new Viewer(source, clock));
          await sleep(clock, gapMs);
        }
        await sleep(clock, 3000);
        const ends = viewers.map((viewer) => viewer.ends.length);
        const listings = [...world.nodes.values()].map(({ relay }) =>
          relay.origin.scope().announced()
        );
        for (const listing of listings) while (listing.tryNext());
        for (const viewer of viewers) {
          assert.ok(await viewer.outage(3000) < 200);
        }
        assert.deepEqual(viewers.map((viewer) => viewer.ends.length), ends);
        const all = SIDE_BY_SIDE.map((name) => farCopies(world, name));
        assert.equal(all.reduce((sum, one) => sum + one), copies);
        // Routes no longer change.
        for (const listing of listings) {
          assert.equal(listing.tryNext(), undefined);
          listing.close();
        }
        await Promise.all(viewers.map((viewer) => viewer.stop()));
        await publisher.stop();
      },
      { warmMs },
    );
  }
}

clusterTest(
  "Cluster: viewers recover when the relay that carries is killed",
  async (world) => {
    const { clock } = world;
    build(world);
    const client = world.client("publisher", "a");
    const publisher = new Publisher(client.local, { path: "live", clock });
    await sleep(clock, 3000);
    const viewers = SIDE_BY_SIDE.map((name) =>
      new Viewer(trackOver(world.client(`v ${name}`, name), "live"), clock)
    );
    await sleep(clock, 5000);
    const source = SIDE_BY_SIDE.find((name) => farCopies(world, name) > 0)!;
    world.kill(source);
    await sleep(clock, 100);
    const left = viewers.filter((_, i) => SIDE_BY_SIDE[i] !== source);
    await Promise.all(left.map((viewer) => viewer.next(3000)));
    await sleep(clock, 3000);
    const copies = SIDE_BY_SIDE.filter((name) => name !== source)
      .reduce((sum, name) => sum + farCopies(world, name), 0);
    assert.equal(copies, 1);
    await Promise.all(viewers.map((viewer) => viewer.stop()));
    await publisher.stop();
  },
  { warmMs: 1000 },
);
