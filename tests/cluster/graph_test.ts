/** Graphs of relays in virtual time: what reaches which relay, over which route, and what happens when relays are killed. */
import assert from "node:assert/strict";
import { BroadcastProducer, sleep } from "@moq-deno/lite";
import { buildGraph, GRAPHS, NAMES } from "./graphs.ts";
import { Publisher, trackOver, Viewer } from "./people.ts";
import { clusterTest, peerNamed } from "./world.ts";

for (const graph of Object.keys(GRAPHS)) {
  clusterTest(
    `Cluster, ${graph}: each relay subscribes once`,
    async (world) => {
      const { clock } = world;
      buildGraph(world, graph);
      const publisher = new Publisher(world.client("p", "a").local, {
        path: "live",
        clock,
      });
      await sleep(clock, 3000);
      const viewers = NAMES.flatMap((name) =>
        [1, 2, 3].map((i) => {
          const client = world.client(`v${name}${i}`, name);
          return new Viewer(trackOver(client, "live"), clock);
        })
      );
      await sleep(clock, 3000);
      for (const viewer of viewers) {
        await viewer.next(1000);
        assert.ok(viewer.groups > 5);
      }
      assert.equal(publisher.readers, 1);
      // Each relay except the publisher's takes the track from one other.
      const taken = NAMES.map((name) =>
        [...world.at(name).relay.peers].reduce(
          (sum, { session }) => sum + session.stats.subscriptions,
          0,
        )
      );
      assert.equal(taken.reduce((sum, count) => sum + count), NAMES.length - 1);

      await Promise.all(viewers.map((viewer) => viewer.stop()));
      await publisher.stop();
      await sleep(clock, 1000);
      for (const { relay } of world.nodes.values()) {
        assert.deepEqual([...relay.origin.paths()], []);
      }
    },
  );
}

clusterTest(
  "Cluster: of mutual links, the smaller hop id's one stays",
  async (world) => {
    buildGraph(world, "mesh, each dialling all");
    await sleep(world.clock, 5000);
    for (const { relay, cluster } of world.nodes.values()) {
      const peers = [...relay.peers];
      assert.equal(new Set(peers.map(({ hop }) => hop)).size, NAMES.length - 1);
      assert.equal(peers.length, NAMES.length - 1);
      for (const { hop, isDialled } of peers) {
        assert.equal(isDialled, relay.origin.hop < hop!);
      }
      const states = cluster.report().map(({ state }) => state);
      const dialled = peers.filter(({ isDialled }) => isDialled).length;
      const connected = states.filter((state) => state === "connected").length;
      assert.equal(connected, dialled);
      assert.equal(
        states.filter((state) => state === "standby").length,
        NAMES.length - 1 - dialled,
      );
    }
  },
);

clusterTest(
  "Cluster: a relay does not link to itself or to a peer twice",
  async (world) => {
    const { clock } = world;
    const other = world.node("other");
    world.nodes.set("alias", other);
    const node = world.node("self", "self", "other", "alias");
    await sleep(clock, 3000);
    const states = (): readonly string[] =>
      node.cluster.report().map(({ state }) => state).sort();
    assert.deepEqual(states(), ["connected", "standby", "standby"]);
    assert.equal(node.relay.peers.size, 1);
    assert.equal(other.relay.peers.size, 1);

    const [link] = node.cluster.report().filter(({ state }) =>
      state === "connected"
    );
    world.setWall("self", new URL(link!.node).hostname, true);
    await sleep(clock, 6000);
    assert.equal(node.relay.peers.size, 1);
    assert.deepEqual(states(), ["connected", "connecting", "standby"]);
  },
);

clusterTest(
  "Cluster: a changed list of peers closes and opens links",
  async (world) => {
    const { clock } = world;
    for (const name of ["b", "c", "d"]) world.node(name);
    const node = world.node("a", "b");
    const assign = (...names: readonly string[]): void =>
      node.cluster.assign("list", names.map((name) => peerNamed(name)));
    assign("b", "c");
    await sleep(clock, 1000);
    assert.equal(node.relay.peers.size, 2);
    assign("d");
    await sleep(clock, 1000);
    const nodes = node.cluster.report().map(({ node }) => node);
    assert.deepEqual(nodes, ["https://b", "https://d"]);
    assert.equal(node.relay.peers.size, 2);
    assert.equal(world.at("c").relay.peers.size, 0);
  },
);

clusterTest(
  "Cluster: names that begin with a dot are shown to relays only",
  async (world) => {
    const { clock } = world;
    world.node("a");
    const { relay } = world.node("b", "a");
    const client = world.client("publisher", "a");
    const broadcast = new BroadcastProducer();
    client.local.publish(".stats/a", broadcast);
    await sleep(clock, 1000);
    // A client is not a relay: its hidden names stay at its relay.
    assert.deepEqual([...relay.origin.paths()], []);
    client.close();
    world.at("a").relay.origin.publish(".stats/a", broadcast);
    await sleep(clock, 1000);
    assert.deepEqual([...relay.origin.paths()], [".stats/a"]);
    const viewer = world.client("viewer", "b");
    await sleep(clock, 1000);
    assert.deepEqual([...viewer.remote.paths()], []);
    broadcast.close();
  },
);
