/** Relays that are killed, cut off and restarted, in virtual time: viewers receive again within 3 s, or learn why not. */
import assert from "node:assert/strict";
import { BroadcastProducer, type Connection, sleep } from "@moq-deno/lite";
import { buildGraph, NAMES } from "./graphs.ts";
import { Publisher, trackOver, Viewer } from "./people.ts";
import { clusterTest, type World } from "./world.ts";

/** Longest allowed time without a frame, in milliseconds. */
const OUTAGE_MS = 3000;

interface Audience {
  readonly home: string;
  readonly connection: Connection;
  readonly viewer: Viewer;
}

/** A viewer at every relay, which moves to the next relay when its own is lost. */
function audience(world: World, path: string): readonly Audience[] {
  return NAMES.map((home, i) => {
    const homes = [...NAMES.slice(i), ...NAMES.slice(0, i)];
    const connection = world.client(`viewer ${home}`, ...homes);
    const viewer = new Viewer(trackOver(connection, path), world.clock);
    return { home, connection, viewer };
  });
}

async function stop(
  publisher: Publisher,
  all: readonly Audience[],
): Promise<void> {
  await Promise.all(all.map(({ viewer }) => viewer.stop()));
  await publisher.stop();
}

for (const graph of ["ring", "mesh, each dialling all"]) {
  for (const victim of NAMES) {
    clusterTest(
      `Cluster, ${graph}: viewers recover when ${victim} is killed`,
      async (world) => {
        const { clock } = world;
        buildGraph(world, graph);
        const client = world.client("publisher", ...NAMES);
        const publisher = new Publisher(client.local, { path: "live", clock });
        const all = audience(world, "live");
        await sleep(clock, 5000);
        await Promise.all(all.map(({ viewer }) => viewer.next(1000)));
        const ends = all.map(({ viewer }) => viewer.ends.length);

        world.kill(victim);
        await sleep(clock, 100); // data in flight has arrived
        await Promise.all(all.map(({ viewer }) => viewer.next(OUTAGE_MS)));
        await sleep(clock, 5000);
        await Promise.all(all.map(({ viewer }) => viewer.next(1000)));
        for (const [i, { home, viewer }] of all.entries()) {
          // Only the viewer at the killed relay had to subscribe again.
          if (home !== victim) assert.equal(viewer.ends.length, ends[i], home);
        }
        assert.equal(publisher.readers, 1);
        await stop(publisher, all);
      },
    );
  }
}

clusterTest(
  "Cluster, line: a cut-off viewer recovers when the relay is back",
  async (world) => {
    const { clock, lingerMs } = world;
    buildGraph(world, "line");
    const client = world.client("publisher", "a");
    const publisher = new Publisher(client.local, { path: "live", clock });
    const viewer = new Viewer(
      trackOver(world.client("viewer", "e"), "live"),
      clock,
    );
    await sleep(clock, 5000);
    await viewer.next(1000);
    const before = viewer.ends.length;

    world.kill("c");
    await sleep(clock, 3000 + lingerMs - 600);
    assert.equal(viewer.ends.length, before);
    await sleep(clock, 1000);
    assert.equal(viewer.ends.at(-1), "unroutable");
    assert.deepEqual([...world.at("e").relay.origin.paths()], []);

    world.node("c", "d");
    await viewer.next(OUTAGE_MS + 2000);
    await viewer.stop();
    await publisher.stop();
  },
);

clusterTest(
  "Cluster: two separated halves join again",
  async (world) => {
    const { clock } = world;
    world.node("a");
    world.node("b", "a");
    world.node("c", "a", "b");
    const client = world.client("publisher", "a");
    const publisher = new Publisher(client.local, { path: "live", clock });
    const viewers = ["b", "c"].map((name) =>
      new Viewer(trackOver(world.client(`viewer ${name}`, name), "live"), clock)
    );
    await sleep(clock, 3000);
    world.setWall("a", "b", true);
    await sleep(clock, 100);
    // The route around the wall.
    await Promise.all(viewers.map((viewer) => viewer.next(OUTAGE_MS)));
    const ends = viewers.map((viewer) => viewer.ends.length);
    world.setWall("a", "c", true);
    await sleep(clock, 15_000);
    for (const viewer of viewers) {
      assert.equal(
        viewer.ends.at(-1),
        "unroutable",
      );
    }
    world.setWall("a", "c", false);
    world.setWall("a", "b", false);
    await Promise.all(viewers.map((viewer) => viewer.next(2 * OUTAGE_MS)));
    for (const [i, viewer] of viewers.entries()) {
      assert.ok(viewer.ends.length > ends[i]!);
      await viewer.stop();
    }
    await publisher.stop();
  },
);

clusterTest(
  "Cluster: subscriptions follow a publisher to another relay",
  async (world) => {
    const { clock } = world;
    buildGraph(world, "ring");
    const client = world.client("publisher", "a", "c");
    const publisher = new Publisher(client.local, { path: "live", clock });
    const viewer = new Viewer(
      trackOver(world.client("viewer", "e"), "live"),
      clock,
    );
    await sleep(clock, 5000);
    await viewer.next(1000);
    const ends = viewer.ends.length;
    // Cuts its own line to a, not the relay: the rest of the cluster learns of the loss from a.
    world.setWall("publisher", "a", true);
    await sleep(clock, 100);
    await viewer.next(2 * OUTAGE_MS);
    await sleep(clock, 5000);
    assert.equal(viewer.ends.length, ends);
    await viewer.stop();
    await publisher.stop();
  },
);

clusterTest(
  "Cluster: an orderly end is immediate, despite the linger time",
  async (world) => {
    const { clock } = world;
    buildGraph(world, "line");
    const client = world.client("publisher", "a");
    const broadcast = new BroadcastProducer();
    client.local.publish("live", broadcast);
    await sleep(clock, 3000);
    assert.deepEqual([...world.at("e").relay.origin.paths()], ["live"]);
    client.close();
    await sleep(clock, 300);
    assert.deepEqual([...world.at("e").relay.origin.paths()], []);
    broadcast.close();
  },
);

clusterTest(
  "Cluster: another publisher of the path ends the subscription",
  async (world) => {
    const { clock } = world;
    buildGraph(world, "line");
    const [first, second] = ["a", "a"].map((home, i) =>
      world.client(`publisher ${i}`, home)
    );
    const one = new Publisher(first!.local, { path: "live", clock });
    const viewer = new Viewer(
      trackOver(world.client("viewer", "e"), "live"),
      clock,
    );
    await sleep(clock, 5000);
    await viewer.next(1000);
    const ends = viewer.ends.length;
    const two = new Publisher(second!.local, { path: "live", clock });
    await sleep(clock, 1000);
    assert.equal(viewer.ends.length, ends + 1);
    assert.equal(one.readers, 0);
    assert.equal(two.readers, 1);
    await viewer.next(1000);
    await viewer.stop();
    await Promise.all([one.stop(), two.stop()]);
  },
);
