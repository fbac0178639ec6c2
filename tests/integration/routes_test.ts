import assert from "node:assert/strict";
import {
  type AnnounceEvent,
  BroadcastProducer,
  Origin,
  sleep,
  type TrackProducer,
} from "@moq-deno/lite";
import { frameOf, readGroup, writeGroup } from "./groups.ts";
import { type ClientOptions, type Network, scenario } from "./network.ts";

/** A second relay, linked to the first by one session for both directions. */
function secondRelay(net: Network, options: ClientOptions = {}): Origin {
  const origin = new Origin({ clock: net.clock });
  net.connect({
    hop: origin.hop,
    cache: origin.cache,
    readable: origin.scope(),
    writable: origin.scope(),
    ...options,
  });
  return origin;
}

async function firstOf(
  events: AsyncIterable<AnnounceEvent>,
): Promise<AnnounceEvent> {
  for await (const event of events) return event;
  throw new Error("Expected an announcement");
}

scenario(
  "two relays announce a broadcast to each other once",
  async (net) => {
    const second = secondRelay(net);
    const { session } = net.connect();
    const broadcast = new BroadcastProducer();
    const track = broadcast.createTrack("video");
    session.publish("live", broadcast);
    const { route } = await firstOf(second.announced());
    await sleep(net.clock, 5000);
    for (const origin of [net.origin, second]) {
      assert.deepEqual([...origin.paths()], ["live"]);
    }
    if (net.world.version !== "03") {
      assert.equal(route.hops.length, 2);
      assert.equal(route.hops.at(-1), net.origin.hop);
    }
    const reader = second.consume("live").track("video").subscribe();
    writeGroup(track, "over two");
    assert.deepEqual((await readGroup(await reader.next())).texts, [
      "over two",
    ]);
    reader.close();

    broadcast.close();
    await net.retracted("live");
    await sleep(net.clock, 5000);
    for (const origin of [net.origin, second]) {
      assert.deepEqual([...origin.paths()], []);
    }
  },
);

scenario("the cost grows by that of each link", async (net) => {
  const { session } = net.connect({ setup: { cost: 5 } });
  session.publish("live", new BroadcastProducer());
  const { route: first } = await firstOf(net.origin.announced());
  assert.deepEqual([first.warm, first.cold], [5, 5]);
  const plain = await firstOf(net.connect().session.announced());
  assert.deepEqual([plain.route.warm, plain.route.cold], [6, 6]);
  // The dialling side sets the cost of the link, and adds it too.
  const dear = net.connect({ setup: { cost: 100 } }).session;
  assert.equal((await firstOf(dear.announced())).route.warm, 105);
}, ({ version }) => version === "06");

scenario(
  "a changed cost is sent only in drafts that have costs",
  async (net) => {
    const route = { hops: [7n, 8n], warm: 3, cold: 3 };
    const source = {
      covers: () => true,
      consume: () => new BroadcastProducer().consume(),
    };
    const claim = net.origin.claim("live", source, route);
    const over = new AbortController();
    const { session } = net.connect();
    const kinds: string[] = [];
    const listening = (async () => {
      const { signal } = over;
      for await (const { kind } of session.announced("", signal)) {
        kinds.push(kind);
      }
    })();
    await sleep(net.clock, 1000);
    claim.update({ ...route, warm: 0 });
    await sleep(net.clock, 1000);
    over.abort();
    await listening;
    const hasPrices = net.world.version === "06";
    assert.deepEqual(kinds, hasPrices ? ["start", "update"] : ["start"]);
  },
);

scenario(
  "a changed route is an update, and the cheaper one carries",
  async (net) => {
    const hop = 42n;
    const tracks = [];
    for (const cost of [50, 10]) {
      const { session } = net.connect({ hop, setup: { cost } });
      const broadcast = new BroadcastProducer();
      tracks.push(broadcast.createTrack("video"));
      session.publish("live", broadcast);
      if (cost === 50) await net.announced("live");
      else await sleep(net.clock, 1000);
    }
    const viewer = net.connect().session;
    const { kind, route } = await firstOf(viewer.announced());
    assert.deepEqual([kind, route.warm], ["start", 11]);
    const reader = viewer.consume("live").track("video").subscribe();
    const [dear, cheap] = tracks as [typeof tracks[0], typeof tracks[0]];
    while (cheap!.demand.subscribers === 0) await cheap!.demand.changed();
    assert.equal(dear!.demand.subscribers, 0);
    reader.close();
  },
  ({ version }) => version === "06",
);

scenario(
  "a group in flight finishes on the old route",
  async (net) => {
    const tracks: TrackProducer[] = [];
    const connect = (cost: number): void => {
      const { session } = net.connect({ hop: 42n, setup: { cost } });
      const broadcast = new BroadcastProducer();
      tracks.push(broadcast.createTrack("video"));
      session.publish("live", broadcast);
    };
    connect(50);
    await net.announced("live");
    const viewer = net.connect().session;
    const reader = viewer.consume("live").track("video").subscribe();
    const [dear] = tracks;
    const flying = dear!.group(7);
    flying.writeFrame(frameOf("half"));
    const reading = readGroup(await reader.next());
    connect(10);
    await sleep(net.clock, 1000);
    const cheap = tracks[1]!;
    assert.equal(cheap.demand.subscribers, 1);
    flying.writeFrame(frameOf("whole"));
    flying.close();
    assert.deepEqual(await reading, {
      texts: ["half", "whole"],
      error: undefined,
    });
    while (dear!.demand.subscribers > 0) await dear!.demand.changed();
    const next = cheap.group(8);
    next.writeFrame(frameOf("next"));
    next.close();
    const { texts } = await readGroup(await reader.next());
    assert.deepEqual(texts, ["next"]);
    reader.close();
  },
  ({ version }) => version === "06",
);

scenario("a peer's broadcast is not announced back to it", async (net) => {
  const { session } = net.connect({ hop: 42n });
  const events = session.announced();
  session.publish("mine", new BroadcastProducer());
  await net.announced("mine");
  const other = net.connect({ hop: 43n }).session;
  other.publish("theirs", new BroadcastProducer());
  const { value } = await events.next();
  assert.equal(value?.path, "theirs");
  await events.return();
}, ({ version }) => version !== "03");
