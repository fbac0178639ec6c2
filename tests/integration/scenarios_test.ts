import { broadcastBehind } from "@moq-deno/lite/internal";
import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type ErrorCode,
  MoqError,
  Origin,
  sleep,
  type TrackProducer,
  type Version,
} from "@moq-deno/lite";
import { frameOf, readGroup, writeGroup } from "./groups.ts";
import { type Client, Network, scenario, WORLDS } from "./network.ts";

interface Publishing extends Client {
  readonly broadcast: BroadcastProducer;
  readonly track: TrackProducer;
}

/** A client that publishes the track `video` at `live`, once the relay knows it. */
async function publish(
  net: Network,
  options: Parameters<Network["connect"]>[0] = {},
): Promise<Publishing> {
  const client = net.connect(options);
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video", { maxAgeMs: 20_000 });
  const announced = net.announced("live");
  client.session.publish("live", broadcast);
  await announced;
  return { ...client, broadcast, track };
}

function video(client: Client): ReturnType<Client["session"]["consume"]> {
  return client.session.consume("live");
}

const isOneOf = (...codes: ErrorCode[]) => (error: unknown): boolean =>
  error instanceof MoqError && codes.includes(error.code);

const isFrom05 = ({ version }: { version: Version }): boolean =>
  version === "06" || version === "05";

scenario("announcements start, end and start again", async (net) => {
  const viewer = net.connect();
  const events = viewer.session.announced();
  const publisher = net.connect();
  for (let round = 0; round < 3; round++) {
    const broadcast = new BroadcastProducer();
    const publication = publisher.session.publish("room/alice", broadcast);
    const { value: start } = await events.next();
    assert.deepEqual([start?.kind, start?.path], ["start", "room/alice"]);
    if (round === 1) broadcast.close();
    else publication.close();
    const { value: end } = await events.next();
    assert.deepEqual([end?.kind, end?.path], ["end", "room/alice"]);
  }
  await events.return();
});

scenario(
  "a broadcast that ends at once ends cleanly for its viewers",
  async (net) => {
    const publisher = await publish(net);
    const viewer = net.connect();
    const subscription = video(viewer).track("video").subscribe();
    writeGroup(publisher.track, "first");
    const first = await readGroup(await subscription.next());
    writeGroup(publisher.track, "last");
    publisher.track.close();
    publisher.broadcast.close();
    const last = await readGroup(await subscription.next());
    assert.deepEqual([first.texts, last.texts], [["first"], ["last"]]);
    assert.equal(await subscription.next(), undefined);
  },
);

scenario(
  "refused requests leak nothing",
  async (net) => {
    const origin = new Origin({ clock: net.clock });
    origin.claim("live", {
      covers: () => true,
      consume: () => new BroadcastProducer().consume(),
    }, { hops: [], warm: 0, cold: 0 });
    net.connect({ readable: origin.scope() });
    await net.announced("live");
    const { session: viewer } = net.connect();
    const refused = Array.from({ length: 100 }, (_, i) =>
      assert.rejects(
        viewer.consume(`live/${i}`).track("video").subscribe().next(),
        MoqError,
      ));
    await Promise.all(refused);
    viewer.close();
    await Promise.all(net.sessions.slice(2).map(({ closed }) => closed));
    assert.equal(net.origin.served, 0);
  },
);

scenario("an announcement covers everything below it", async (net) => {
  const origin = new Origin({ clock: net.clock });
  const asked: string[] = [];
  origin.claim("room", {
    covers: () => true,
    consume: (rest) => {
      asked.push(rest);
      const broadcast = new BroadcastProducer();
      writeGroup(broadcast.createTrack("video"), rest);
      return broadcast.consume();
    },
  }, { hops: [], warm: 0, cold: 0 });
  net.connect({ readable: origin.scope() });
  await net.announced("room");
  const viewer = net.connect().session;
  const listing = viewer.announced("room/x/y");
  assert.equal((await listing.next()).value?.path, "");
  await listing.return();
  const group = await viewer.consume("room/x/y").track("video").subscribe()
    .next();
  assert.deepEqual((await readGroup(group)).texts, ["x/y"]);
  assert.ok(asked.includes("x/y"));
});

scenario(
  "a late joiner gets the newest group from its first frame",
  async (net) => {
    const { track } = await publish(net);
    const early = video(net.connect()).track("video").subscribe();
    writeGroup(track, "old");
    await early.next();
    const group = track.group();
    group.writeFrame(frameOf("key", 2000));
    await early.next();
    const late = video(net.connect()).track("video").subscribe();
    const joined = await late.next();
    assert.equal(joined?.sequence, 1);
    group.writeFrame(frameOf("delta", 2001));
    group.close();
    assert.deepEqual((await readGroup(joined)).texts, ["key", "delta"]);
  },
);

scenario(
  "the publisher serves one subscription for any number of viewers",
  async (net) => {
    const { session, track } = await publish(net);
    const viewers = [0, 1, 2, 3, 4].map(() => net.connect());
    const readers = viewers.map((viewer) =>
      video(viewer).track("video").subscribe()
    );
    writeGroup(track, "hello");
    for (const reader of readers) {
      assert.deepEqual((await readGroup(await reader.next())).texts, ["hello"]);
    }
    assert.equal(session.stats.subscriptions, 1);
    assert.equal(track.demand.subscribers, 1);
    for (const reader of readers) reader.close();
    while (track.demand.subscribers > 0) await track.demand.changed();
    await sleep(net.clock, 1000);
    assert.equal(session.stats.subscriptions, 0);

    const again = video(viewers[0]!).track("video").subscribe();
    const newer = writeGroup(track, "again");
    const group = await again.next();
    assert.equal(group?.sequence, newer.sequence);
    assert.equal(session.stats.subscriptions, 1);
  },
);

scenario(
  "the publisher gets the combined options of the viewers",
  async (net) => {
    const { track } = await publish(net);
    const [one, two] = [10, 20].map((priority) =>
      video(net.connect()).track("video").subscribe({ priority })
    ) as [
      ReturnType<ReturnType<typeof track.consume>["subscribe"]>,
      ReturnType<ReturnType<typeof track.consume>["subscribe"]>,
    ];
    const reaches = async (priority: number, maxAgeMs: number) => {
      const { demand } = track;
      const isThere = () =>
        demand.wanted?.priority === priority &&
        demand.wanted.maxAgeMs === maxAgeMs;
      while (!isThere()) await demand.changed();
    };
    await reaches(20, 0);
    one.update({ priority: 200, maxAgeMs: 3000 });
    await reaches(200, 3000);
    one.close();
    await reaches(20, 0);
    two.close();
  },
);

scenario(
  "the last groups of a track arrive before its end",
  async (net) => {
    const { track } = await publish(net);
    const reader = video(net.connect()).track("video").subscribe();
    writeGroup(track, "first");
    assert.equal((await reader.next())?.sequence, 0);
    const last = track.group();
    last.writeFrame(frameOf("begun", 1));
    track.close();
    await sleep(net.clock, 100);
    last.writeFrame(frameOf("done", 2));
    last.close();
    const group = await reader.next();
    assert.deepEqual((await readGroup(group)).texts, ["begun", "done"]);
    assert.equal(await reader.next(), undefined);
  },
);

scenario(
  "without resets, a refused track says what to check",
  async (net) => {
    await publish(net);
    const track = net.connect().session.consume("live").track("no such");
    await assert.rejects(track.info(), {
      code: "remote",
      message: /track no such of live.*refused.*check both names/,
    });
  },
  (world) => isFrom05(world) && !world.reliableReset,
);

scenario("with resets, a refusal says why", async (net) => {
  await publish(net);
  const viewer = net.connect().session;
  const { reliableReset } = net.world;
  const notFound = viewer.consume("live").track("no such").subscribe();
  await assert.rejects(
    notFound.next(),
    reliableReset ? isOneOf("not-found") : isOneOf("remote"),
  );
  const unroutable = viewer.consume("missing").track("video").subscribe();
  await assert.rejects(
    unroutable.next(),
    reliableReset ? isOneOf("unroutable") : isOneOf("remote"),
  );
  const fine = viewer.consume("live").track("video");
  assert.ok(fine.subscribe());
});

scenario(
  "an aborted group never looks complete, wherever it is cut",
  async (net) => {
    const { track } = await publish(net);
    const reader = video(net.connect()).track("video").subscribe();
    const model = new BroadcastProducer().createTrack("model").group();
    for (const text of ["", "a", "b".repeat(70), ""]) {
      model.writeFrame(frameOf(text, 100 * text.length));
    }
    const bytes = model.log.slice(0, model.log.length);
    let whole = 0;
    let cut = 0;
    const reading = (async () => {
      for await (const group of reader) {
        const { texts, error } = await readGroup(group);
        if (error) cut++;
        else {
          whole++;
          assert.deepEqual(texts, ["whole"], `group ${group.sequence}`);
        }
      }
    })();
    for (const pauseMs of [0, 300]) {
      for (let cut = 0; cut <= bytes.byteLength; cut++) {
        const group = track.group();
        group.append(bytes.subarray(0, cut));
        if (pauseMs > 0) await sleep(net.clock, pauseMs);
        group.close(new MoqError("cancelled", "Not this one"));
      }
    }
    writeGroup(track, "whole");
    track.close();
    await reading;
    assert.equal(whole, 1);
    assert.ok(cut > bytes.byteLength / 2, `saw ${cut} cut groups`);
  },
);

scenario(
  "viewers see a publisher vanish and come back",
  async (net) => {
    const first = await publish(net);
    const viewer = net.connect();
    const reader = video(viewer).track("video").subscribe();
    const open = first.track.group();
    open.writeFrame(frameOf("half", 0));
    const group = await reader.next();
    const gone = net.retracted("live");
    first.lose();
    await gone;
    assert.ok((await readGroup(group)).error);
    await assert.rejects(reader.next(), MoqError);
    const second = await publish(net);
    const again = video(viewer).track("video").subscribe();
    writeGroup(second.track, "back");
    assert.deepEqual((await readGroup(await again.next())).texts, ["back"]);
  },
);

scenario(
  "a subscription continues over the other of two routes",
  async (net) => {
    const options = { hop: 77n };
    const [one, two] = [
      await publish(net, options),
      await publish(net, options),
    ];
    const reader = video(net.connect()).track("video").subscribe();
    await sleep(net.clock, 1000);
    const busy = async () => {
      for (;;) {
        if (one.track.demand.subscribers > 0) return [one, two] as const;
        if (two.track.demand.subscribers > 0) return [two, one] as const;
        await sleep(net.clock, 10);
      }
    };
    const [used, standby] = await busy();
    writeGroup(used.track, "over the first");
    assert.deepEqual((await readGroup(await reader.next())).texts, [
      "over the first",
    ]);
    used.lose();
    while (standby.track.demand.subscribers === 0) {
      await standby.track.demand.changed();
    }
    standby.track.group(1).close();
    const next = await reader.next();
    assert.equal(next?.sequence, 1);
  },
  ({ version }) => version !== "03",
);

scenario(
  "FETCH returns a group from cache or publisher, or a refusal",
  async (net) => {
    const { session, track } = await publish(net);
    const viewer = net.connect();
    const reader = video(viewer).track("video").subscribe();
    for (let i = 0; i < 3; i++) {
      writeGroup(track, `group ${i}`, "end");
      await reader.next();
    }
    const other = video(net.connect()).track("video");
    const cached = await readGroup(await other.fetch(1));
    assert.deepEqual(cached, { texts: ["group 1", "end"], error: undefined });

    const served = broadcastBehind(net.origin.consume("live")).existing(
      "video",
    );
    served!.groups.cached()[0]!.retire(new MoqError("evicted", "No room"));
    const sentBefore = session.stats.sentGroups;
    const evicted = await readGroup(await other.fetch(0));
    assert.deepEqual(evicted, { texts: ["group 0", "end"], error: undefined });
    assert.equal(session.stats.sentGroups, sentBefore);

    const unknown = other.fetch(1000).then(readGroup).then(({ error }) => {
      throw error;
    });
    await assert.rejects(
      unknown,
      net.world.reliableReset ? isOneOf("not-found") : MoqError,
    );
  },
  isFrom05,
);

scenario("drafts without FETCH report that", async (net) => {
  await publish(net);
  await assert.rejects(
    video(net.connect()).track("video").fetch(0),
    isOneOf("unsupported"),
  );
}, (world) => !isFrom05(world));

scenario("a viewer of another draft gets the same frames", async (net) => {
  const { track } = await publish(net);
  const drafts: readonly Version[] = ["06", "05", "04", "03"];
  const readers = drafts.map((version) =>
    video(net.connect({ version })).track("video").subscribe()
  );
  const group = track.group();
  group.writeFrame(frameOf("one", 1));
  const groups = await Promise.all(readers.map((reader) => reader.next()));
  group.writeFrame(frameOf("", 2));
  group.writeFrame(frameOf("x".repeat(100_000), 3));
  group.close();
  for (const one of groups) {
    const { texts, error } = await readGroup(one);
    assert.deepEqual(texts, ["one", "", "x".repeat(100_000)]);
    assert.equal(error, undefined);
  }
});

scenario(
  "recent groups arrive complete within the maximum age",
  async (net) => {
    const { track } = await publish(net);
    const holding = video(net.connect()).track("video").subscribe();
    for (let i = 0; i < 12; i++) {
      writeGroup(track, `${i}`);
      await holding.next();
    }
    const late = video(net.connect()).track("video").subscribe({
      maxAgeMs: 60_000,
    });
    track.close();
    const seen: number[] = [];
    for await (const group of late) {
      assert.equal((await readGroup(group)).error, undefined);
      seen.push(group.sequence);
    }
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, i) => i),
    );
  },
  ({ version }) => version === "06",
);

scenario(
  "drain asks the peer to move, and closes when it does not",
  async (net) => {
    const { session, relay } = net.connect();
    await session.peer;
    const hasGoaway = net.world.version !== "03";
    const since = net.clock.now();
    const draining = relay.drain(3000, "moqt://elsewhere");
    if (hasGoaway) assert.equal(await session.goingAway, "moqt://elsewhere");
    await draining;
    const error = await session.closed;
    if (hasGoaway) assert.ok(net.clock.now() - since >= 3000);
    const codes: readonly ErrorCode[] = ["going-away"];
    if (net.world.version === "06") assert.ok(codes.includes(error!.code));
    else assert.equal(error, undefined);
  },
);

scenario("drain ends as soon as the peer has gone", async (net) => {
  const { session, relay } = net.connect();
  await session.peer;
  const since = net.clock.now();
  const draining = relay.drain(60_000);
  await session.goingAway;
  session.close();
  await draining;
  assert.ok(net.clock.now() - since < 10_000);
  assert.equal(await relay.closed, undefined);
}, ({ version }) => version !== "03");

Deno.test("scenarios leak no stream, task or claim", async () => {
  const net = new Network(WORLDS[0]!);
  const { clock, origin } = net;
  await clock.run((async () => {
    const { track, session } = await publish(net);
    for (let i = 0; i < 200; i++) {
      const viewer = net.connect();
      const reader = video(viewer).track("video").subscribe();
      writeGroup(track, "hello");
      await reader.next();
      viewer.session.close();
      await viewer.relay.closed;
    }
    while (track.demand.subscribers > 0) await track.demand.changed();
    await sleep(clock, 100_000);
    origin.cache.sweep();
    assert.equal(session.stats.subscriptions, 0);
    assert.ok(origin.cache.groups <= 1, `${origin.cache.groups} groups`);
  })());
  await clock.run(net.close());
});
