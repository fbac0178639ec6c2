import assert from "node:assert/strict";
import {
  BroadcastProducer,
  MoqError,
  openSession,
  Origin,
  protocolOf,
  sleep,
  type Version,
} from "@moq-deno/lite";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import type { ReceiveStream } from "@moq-deno/lite/transport";
import { writeGroup } from "./groups.ts";
import { bytesOf, Peer, type PeerOptions, read, type Wire } from "./peer.ts";

const EMPTY_SETUP: Wire = [1, [0]];

/** A test of a raw peer against a session. */
function against(
  name: string,
  options: Partial<PeerOptions>,
  run: (peer: Peer) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const peer = new Peer({ version: "06", ...options });
    try {
      await peer.clock.run(run(peer));
    } finally {
      peer.session.close();
      await peer.clock.run(peer.session.closed);
    }
  });
}

const BOTH_TABLES = [["06", 3, 3, 0x11], ["05", 15, 5, 3]] as const;

for (const [version, protocol, decode, timeout] of BOTH_TABLES) {
  against(
    `a second SETUP closes the session as a violation (${version})`,
    { version },
    async (peer) => {
      await peer.uni(...EMPTY_SETUP);
      await peer.session.peer;
      await peer.uni(...EMPTY_SETUP);
      assert.equal(await peer.closeCode(), protocol);
    },
  );

  against(
    `a SETUP that does not decode closes the session (${version})`,
    { version },
    async (peer) => {
      // It announces one parameter and contains none.
      await peer.uni(1, [1]);
      assert.equal(await peer.closeCode(), decode);
    },
  );

  against(
    `without SETUP the session times out (${version})`,
    { version, setupTimeoutMs: 4000 },
    async (peer) => {
      await peer.uni(1, 9, 0);
      assert.equal(await peer.closeCode(), timeout);
      assert.equal(peer.clock.now(), 4000);
      assert.equal((await peer.session.closed)?.code, "timeout");
    },
  );

  against(
    `requests wait for SETUP (${version})`,
    { version },
    async (peer) => {
      const { receive } = await peer.bidi(6, ["room", "video"]);
      let isAnswered = false;
      const answer = read(receive, 1).catch((error: MoqError) => {
        isAnswered = true;
        return error.remoteCode;
      });
      await sleep(peer.clock, 3000);
      assert.equal(isAnswered, false);
      await peer.uni(...EMPTY_SETUP);
      assert.equal(await answer, version === "06" ? 0x36 : 30);
    },
  );

  against(
    `a second GOAWAY is a violation (${version})`,
    { version },
    async (peer) => {
      await peer.bidi(5, ["moqt://new"]);
      assert.equal(await peer.session.goingAway, "moqt://new");
      await peer.bidi(5, [""]);
      assert.equal(await peer.closeCode(), protocol);
    },
  );
}

against(
  "SETUP carries role, cost and hop",
  {},
  async (peer) => {
    await peer.uni(1, [3, 3, [2], 4, [5], 5, [9]]);
    const { role, cost, hop } = await peer.session.peer;
    assert.deepEqual([role, cost, hop], ["subscriber", 5, 9n]);
  },
);

for (const version of ["06", "05", "04", "03"] as const) {
  against(
    `unknown and unfinished streams end only themselves (${version})`,
    { version, pair: { maxBidiStreams: 4, maxUniStreams: 4 } },
    async (peer) => {
      if (version >= "05") await peer.uni(...EMPTY_SETUP);
      // More than the limit: each must be released.
      for (let i = 0; i < 12; i++) {
        await peer.uni(7, 1, 2, 3);
        await peer.uni();
        await peer.uni(0, 9);
        await peer.uni(0, 3, 1);
        const { receive } = await peer.bidi(9, 1);
        await assert.rejects(
          read(receive, 1),
          (error: MoqError) => error.remoteCode === (version === "06" ? 1 : 0),
        );
        for (const wire of [[], [1], [2, 5, 1], [1, 0x40]] as Wire[]) {
          const stream = await peer.bidi(...wire);
          stream.send.close();
          await read(stream.receive, 1).catch(() => {});
        }
      }
      assert.equal(
        await Promise.race([peer.closeCode(), sleep(peer.clock, 100)]),
        undefined,
      );
    },
  );
}

against(
  "a peer's RESET of its half unsubscribes, whatever its code",
  {
    origin: liveOrigin(),
  },
  async (peer) => {
    await peer.uni(...EMPTY_SETUP);
    for (const code of [0x12, 0x37, 5, 15, 0, 99]) {
      const stream = await peer.bidi(2, [
        code % 9,
        "live",
        "video",
        0,
        0,
        0,
        0,
        0,
        0,
      ]);
      while (peer.session.stats.subscriptions === 0) {
        await sleep(peer.clock, 1);
      }
      stream.send.reset(code);
      while (peer.session.stats.subscriptions > 0) await sleep(peer.clock, 1);
    }
    await peer.bidi(1, [""]);
  },
);

function liveOrigin(): Origin {
  const origin = new Origin();
  const broadcast = new BroadcastProducer();
  writeGroup(broadcast.createTrack("video"), "hello");
  origin.publish("live", broadcast);
  return origin;
}

against("a subscription id that is in use is a violation", {
  origin: liveOrigin(),
}, async (peer) => {
  await peer.uni(...EMPTY_SETUP);
  for (let i = 0; i < 2; i++) {
    await peer.bidi(2, [7, "live", "video", 0, 0, 0, 0, 0, 0]);
  }
  assert.equal(await peer.closeCode(), 3);
});

against("subscriptions over the limit are refused, others continue", {
  origin: liveOrigin(),
  limits: { subscriptions: 2 },
}, async (peer) => {
  await peer.uni(...EMPTY_SETUP);
  const streams = [];
  for (let id = 0; id < 3; id++) {
    streams.push(await peer.bidi(2, [id, "live", "video", 0, 0, 0, 0, 0, 0]));
  }
  await assert.rejects(
    read(streams[2]!.receive, 1),
    (error: MoqError) => error.remoteCode === 5,
  );
  assert.deepEqual(await read(streams[0]!.receive, 3), [0, 1, 0]);
  streams[0]!.send.close();
  while (peer.session.stats.subscriptions > 1) await sleep(peer.clock, 1);
  const fits = await peer.bidi(2, [9, "live", "video", 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(await read(fits.receive, 3), [0, 1, 0]);
});

const BROKEN_LISTINGS: readonly (readonly [string, Wire])[] = [
  ["more paths than allowed", [
    [9, 0],
    0,
    ["a", 0, 0, 0],
    0,
    ["b", 0, 0, 0],
    0,
    ["c", 0, 0, 0],
  ]],
  ["a path that is already live", [[9, 0], 0, ["a", 0, 0, 0], 0, [
    "a",
    0,
    0,
    0,
  ]]],
  ["the end of an id that was never assigned", [[9, 0], 1, [0]]],
  ["the end of an id that has ended", [[9, 0], 0, ["a", 0, 0, 0], 1, [0], 1, [
    0,
  ]]],
  ["a repeated hop", [[9, 0], 0, ["a", 2, 5, 5, 0, 0]]],
  ["bytes after a message", [[9, 0, 0]]],
];

for (const [what, wire] of BROKEN_LISTINGS) {
  against(`${what} in a listing closes the session`, {
    limits: { announcements: 2 },
  }, async (peer) => {
    await peer.uni(...EMPTY_SETUP);
    const listing = await asked(peer);
    listing.send.write(Uint8Array.from(bytesOf(wire)));
    assert.equal(await peer.closeCode(), 3);
  });
}

/** The session's ANNOUNCE_REQUEST. */
async function asked(peer: Peer): Promise<Awaited<ReturnType<Peer["bidi"]>>> {
  for await (const stream of peer.transport.incomingBidi) {
    assert.equal((await read(stream.receive, 1))[0], 1);
    return stream;
  }
  throw new Error("The session did not send ANNOUNCE_REQUEST");
}

Deno.test("a reset listing closes the session, an ended one its paths", async () => {
  for (const isReset of [true, false]) {
    const origin = new Origin();
    const peer = new Peer({ version: "06", origin });
    await peer.clock.run((async () => {
      await peer.uni(...EMPTY_SETUP);
      const { send } = await asked(peer);
      send.write(Uint8Array.from(bytesOf([[9, 1], 0, ["a", 0, 0, 0]])));
      const events = origin.announced()[Symbol.asyncIterator]();
      assert.equal((await events.next()).value?.path, "a");
      if (isReset) send.reset(1);
      else send.close();
      assert.equal((await events.next()).value?.kind, "end");
      if (isReset) assert.equal(await peer.closeCode(), 3);
      peer.session.close();
      await peer.session.closed;
    })());
  }
});

Deno.test("a route with the most hops is not passed on", async () => {
  const origin = new Origin();
  const hops = Array.from({ length: 32 }, (_, i) => BigInt(i + 1));
  const source = {
    covers: () => true,
    consume: () => new BroadcastProducer().consume(),
  };
  const claim = origin.claim("far", source, { hops, warm: 0, cold: 0 });
  origin.claim("near", source, { hops: [1n], warm: 0, cold: 0 });
  for (const version of ["06", "05", "04", "03"] as const) {
    const peer = new Peer({ version, origin });
    await peer.clock.run((async () => {
      if (version >= "05") await peer.uni(...EMPTY_SETUP);
      const prefix: Wire = version === "05" || version === "04"
        ? ["", 0]
        : [""];
      const { receive } = await peer.bidi(1, prefix);
      assert.ok(!(await readUntil(receive, "near")).includes("far"));
      claim.update({ hops: hops.slice(1), warm: 0, cold: 0 });
      await readUntil(receive, "far");
      claim.update({ hops, warm: 0, cold: 0 });
      peer.session.close();
      await peer.session.closed;
    })());
  }
});

/** Reads up to the first `text`. */
async function readUntil(
  stream: ReceiveStream,
  text: string,
): Promise<string> {
  let seen = "";
  while (!seen.endsWith(text)) {
    const [byte] = await read(stream, 1);
    assert.notEqual(byte, undefined, `the end after ${JSON.stringify(seen)}`);
    seen += String.fromCharCode(byte!);
  }
  return seen;
}

/** The sequences of the next `count` groups, each read to its end. */
async function sequences(peer: Peer, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const stream of peer.transport.incomingUni) {
    const bytes = await read(stream, 4096);
    if (bytes[0] === 0) seen.push(bytes[3]!);
    if (seen.length === count) break;
  }
  return seen;
}

Deno.test("a peer that allows no streams later gets the newest groups", async () => {
  const origin = new Origin();
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video", { maxAgeMs: 60_000 });
  origin.publish("live", broadcast);
  // One of the allowed streams carries SETUP.
  const pair = { maxUniStreams: 3 };
  const peer = new Peer({ version: "06", origin, pair });
  await peer.clock.run((async () => {
    await peer.uni(...EMPTY_SETUP);
    await peer.bidi(2, [0, "live", "video", 0, 0, 0, 0, 0, 0]);
    while (track.demand.subscribers === 0) await track.demand.changed();
    for (let i = 0; i < 20; i++) {
      writeGroup(track, `${i}`);
      await sleep(peer.clock, 10);
    }
    assert.deepEqual(await sequences(peer, 6), [0, 1, 2, 3, 18, 19]);
    peer.session.close();
    await peer.session.closed;
  })());
});

Deno.test("quick SUBSCRIBE_UPDATEs are merged into the last one", async () => {
  const peer = new Peer({ version: "06", pair: { windowBytes: 64 } });
  await peer.clock.run((async () => {
    await peer.uni(...EMPTY_SETUP);
    const { clock, session } = peer;
    const reader = session.consume("live").track("video").subscribe();
    const requests = peer.transport.incomingBidi[Symbol.asyncIterator]();
    const next = async (type: number) => {
      for (;;) {
        const { send, receive } = (await requests.next()).value!;
        if ((await read(receive, 1))[0] === type) return { send, receive };
      }
    };
    const info = await next(6);
    info.send.write(Uint8Array.from(bytesOf([[127, 10, 10]])));
    const { receive } = await next(2);
    for (let i = 0; i < 1000; i++) {
      reader.update({ priority: i % 200, maxAgeMs: i % 50 });
      await Promise.resolve();
      if (i % 10 === 0) await sleep(clock, 1);
    }
    const { length: asked } = await readMessage(receive);
    assert.ok(asked > 0);
    let updates = 0;
    for (let body: number[] = []; body[0] !== 199; updates++) {
      body = await readMessage(receive);
    }
    assert.ok(updates < 50, `${updates} updates`);
    reader.close();
    session.close();
    await session.closed;
  })());
});

against("a refused request ends its own half too", {}, async (peer) => {
  await peer.uni(...EMPTY_SETUP);
  const track = peer.session.consume("live").track("video");
  const requests = peer.transport.incomingBidi[Symbol.asyncIterator]();
  for (
    const [type, ask] of [[6, () => track.info()], [
      3,
      () => track.fetch(1),
    ]] as const
  ) {
    const refused = assert.rejects(
      ask(),
      (error: MoqError) => error.code === "not-found",
    );
    for (;;) {
      const { send, receive } = (await requests.next()).value!;
      if ((await read(receive, 1))[0] !== type) continue;
      send.reset(0x33);
      await refused;
      assert.ok((await read(receive, 100)).length < 100);
      break;
    }
  }
});

Deno.test("a viewer that leaves as its stream opens leaks nothing", async () => {
  const clock = new VirtualClock();
  const origin = new Origin({ clock });
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  origin.publish("live", broadcast);
  const [near, far] = memoryPair({ protocol: protocolOf("04") });
  const relay = openSession(far, { clock, readable: origin.scope() });
  const leaving = new AbortController();
  const viewer = openSession({
    ...near,
    protocol: near.protocol,
    reliableReset: near.reliableReset,
    closed: near.closed,
    openUni: (options) => near.openUni(options),
    openBidi: async (options) => {
      const stream = await near.openBidi(options);
      leaving.abort(new MoqError("cancelled", "Left"));
      return stream;
    },
    close: (code, reason) => near.close(code, reason),
  }, { clock });
  await clock.run((async () => {
    const { signal } = leaving;
    const consumer = viewer.consume("live").track("video");
    await assert.rejects(consumer.subscribe({ signal }).next());
    const second = consumer.subscribe();
    writeGroup(track, "for the second");
    assert.equal((await second.next())?.sequence, 0);
    second.close();
    await sleep(clock, 1000);
    assert.equal(relay.stats.subscriptions, 0);
    viewer.close();
    await Promise.all([viewer.closed, relay.closed]);
  })());
});

async function readMessage(stream: ReceiveStream): Promise<number[]> {
  const [length] = await read(stream, 1);
  return await read(stream, length!);
}

Deno.test("a session without a common draft is not created", () => {
  const versions: readonly (string | undefined)[] = [undefined, "h3", "moq-00"];
  for (const protocol of versions) {
    assert.throws(
      () => new Peer({ version: "06" as Version, pair: { protocol } }),
      (error: MoqError) => error.code === "version",
    );
  }
});
