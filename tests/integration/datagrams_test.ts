import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type Frame,
  openSession,
  Origin,
  protocolOf,
  sleep,
  type TrackProducer,
  type Version,
} from "@moq-deno/lite";
import { simulatedPair } from "@moq-deno/lite/testing";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";
import { frameOf, readGroup, writeGroup } from "./groups.ts";
import { type Network, scenario, type World } from "./network.ts";
import { bytesOf, Peer, read } from "./peer.ts";

const isFrom05 = ({ version }: World): boolean => version >= "05";

/** A client's track `video` of the broadcast `live`, once the relay knows it. */
async function publish(net: Network): Promise<TrackProducer> {
  const { session } = net.connect();
  const broadcast = new BroadcastProducer();
  const announced = net.announced("live");
  session.publish("live", broadcast);
  await announced;
  return broadcast.createTrack("video");
}

async function watched(track: TrackProducer): Promise<void> {
  while (track.demand.subscribers === 0) await track.demand.changed();
}

scenario(
  "a group that may be lost passes the relay as a datagram",
  async (net) => {
    const track = await publish(net);
    const viewer = net.connect();
    const reader = viewer.session.consume("live").track("video").subscribe();
    await watched(track);
    let isSeen = false;
    const reading = (async () => {
      const group = await reader.next();
      isSeen = true;
      return await readGroup(group);
    })();
    // Some may be lost in transit: one is enough.
    for (let i = 0; !isSeen && i < 50; i++) {
      track.writeDatagram(frameOf("tick", 5));
      await sleep(net.clock, 100);
    }
    assert.deepEqual((await reading).texts, ["tick"]);
    assert.ok(viewer.session.stats.receivedDatagrams > 0);
    assert.equal(viewer.session.stats.receivedGroups, 0);
    writeGroup(track, "group");
    for (;;) {
      const { texts: [text] } = await readGroup(await reader.next());
      if (text === "group") break;
      assert.equal(text, "tick");
    }
  },
  isFrom05,
);

scenario(
  "a group that may be lost uses a stream where datagrams cannot",
  async (net) => {
    const track = await publish(net);
    const viewers = (["06", "05", "04", "03"] as const).map((version) => {
      const { session } = net.connect({ version });
      return session.consume("live").track("video").subscribe();
    });
    await watched(track);
    await sleep(net.clock, 1000);
    const large = "x".repeat(1200);
    for (const text of ["small", large]) track.writeDatagram(frameOf(text));
    for (const viewer of viewers) {
      for (const text of ["small", large]) {
        assert.deepEqual((await readGroup(await viewer.next())).texts, [text]);
      }
    }
    const sent = net.sessions.map(({ version, stats }) =>
      [version, stats.sentDatagrams, stats.sentGroups] as const
    ).filter(([, datagrams, groups]) => datagrams + groups > 0);
    // The publisher first, then the relay's end of every viewer.
    const { version } = net.world;
    assert.deepEqual(sent, [
      version >= "05" ? [version, 1, 1] : [version, 0, 2],
      ["06", 1, 1],
      ["05", 1, 1],
      ["04", 0, 2],
      ["03", 0, 2],
    ]);
  },
  (world) => isFrom05(world) && !world.isSimulated,
);

Deno.test("a peer without datagrams gets groups that may be lost on streams", async () => {
  const origin = new Origin();
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video");
  origin.publish("live", broadcast);
  const pair = { maxDatagramBytes: 0 };
  const peer = new Peer({ version: "06", origin, pair });
  await peer.clock.run((async () => {
    await peer.uni(1, [0]);
    await peer.bidi(2, [0, "live", "video", 0, 0, 0, 0, 0, 0]);
    await watched(track);
    track.writeDatagram(frameOf("hi", 5));
    let stream;
    for await (stream of peer.transport.incomingUni) {
      const [type = -1] = await read(stream, 1);
      if (type === 0) break;
    }
    assert.deepEqual(
      await read(stream!, 64),
      bytesOf([[0, 0, 0], 10, "hi"]),
    );
    peer.session.close();
    await peer.session.closed;
  })());
});

/** A session that reads the track `video` of a peer that the test controls. */
class Source {
  readonly peer = new Peer({
    version: "06",
    pair: { maxDatagramBytes: 2000 },
  });
  readonly reader = this.peer.session.consume("live").track("video")
    .subscribe();

  /** Answers TRACK, and accepts the SUBSCRIBE of subscription 0. */
  async accept(): Promise<void> {
    await this.peer.uni(1, [0]);
    for await (const { receive, send } of this.peer.transport.incomingBidi) {
      const [type] = await read(receive, 1);
      if (type === 6) {
        send.write(Uint8Array.from(bytesOf([[127, 0, 1]])));
        send.close();
      }
      if (type === 2) return;
    }
  }

  async group(sequence: number, text: string): Promise<void> {
    await this.peer.uni(0, [0, sequence, 0], 0, text);
  }

  /** Sends subscription, sequence and timestamp, then the payload. */
  datagram(header: readonly number[], text: string): void {
    const payload = new TextEncoder().encode(text);
    this.peer.transport.datagrams!.send(Uint8Array.of(...header, ...payload));
  }

  async next(): Promise<readonly string[]> {
    return (await readGroup(await this.reader.next())).texts;
  }

  async close(): Promise<void> {
    this.peer.session.close();
    await this.peer.session.closed;
  }
}

Deno.test("a group that arrives both ways is delivered once", async () => {
  const source = new Source();
  const { clock, session } = source.peer;
  await clock.run((async () => {
    await source.accept();
    await source.group(0, "stream");
    assert.deepEqual(await source.next(), ["stream"]);
    source.datagram([0, 0, 0], "twice");
    source.datagram([0, 1, 7], "datagram");
    assert.deepEqual(await source.next(), ["datagram"]);
    await source.group(1, "twice");
    await sleep(clock, 100);
    source.datagram([0, 1, 7], "three times");
    await source.group(2, "end");
    assert.deepEqual(await source.next(), ["end"]);
    const { receivedDatagrams, droppedDatagrams } = session.stats;
    assert.deepEqual([receivedDatagrams, droppedDatagrams], [1, 2]);
    await source.close();
  })());
});

Deno.test("invalid datagrams are dropped silently", async () => {
  const source = new Source();
  const { clock, session, transport } = source.peer;
  await clock.run((async () => {
    await source.accept();
    transport.datagrams!.send(new Uint8Array());
    source.datagram([0x40], "");
    source.datagram([0, 0xff], "");
    source.datagram([9, 0, 0], "not subscribed");
    source.datagram([0, 0, ...new Array(8).fill(0xff)], "never");
    source.datagram([0, 0, 0], "x".repeat(1198));
    source.datagram([0, 0, 0], "x".repeat(1197));
    assert.deepEqual(await source.next(), ["x".repeat(1197)]);
    const { receivedDatagrams, droppedDatagrams } = session.stats;
    assert.deepEqual([receivedDatagrams, droppedDatagrams], [1, 6]);
    await source.close();
  })());
});

const CROWDED_SECONDS = 6;

for (const version of ["06", "05"] satisfies Version[]) {
  Deno.test(`8 Mbit/s of datagrams over 2: the excess is dropped (${version})`, async () => {
    const clock = new VirtualClock();
    const origin = new Origin({ clock });
    const [near, far] = simulatedPair({
      clock,
      protocol: protocolOf(version),
      reliableReset: false,
      bandwidthBps: 2_000_000,
      oneWayMs: 20,
      queueBytes: 20_000,
      maxDatagramBytes: 1200,
    });
    const relay = openSession(far, { clock, readable: origin.scope() });
    const viewer = openSession(near, { clock });
    const broadcast = new BroadcastProducer();
    origin.publish("live", broadcast);
    const produce = async (name: string, options: {
      readonly everyMs: number;
      write(track: TrackProducer, frame: Frame): void;
    }): Promise<void> => {
      const track = broadcast.createTrack(name);
      const payload = new Uint8Array(1000);
      while (clock.now() < CROWDED_SECONDS * 1000) {
        options.write(track, { timestamp: Math.floor(clock.now()), payload });
        await sleep(clock, options.everyMs);
      }
      track.close();
    };
    const watch = async (name: string, priority: number): Promise<number[]> => {
      const late: number[] = [];
      const track = viewer.consume("live").track(name);
      for await (const group of track.subscribe({ priority })) {
        for await (const { timestamp } of group.frames()) {
          late.push(clock.now() - timestamp);
        }
      }
      return late.sort((a, b) => a - b);
    };
    let most = 0;
    const sample = (): void => {
      if (clock.now() < CROWDED_SECONDS * 1000) clock.after(10, sample);
      most = Math.max(most, relay.path.unconfirmedBytes);
    };
    sample();
    const [loose, firm] = await clock.run(Promise.all([
      watch("loose", 10),
      watch("firm", 200),
      produce("loose", {
        everyMs: 1,
        write: (track, frame) => track.writeDatagram(frame),
      }),
      produce("firm", {
        everyMs: 100,
        write: (track, frame) => track.writeFrame(frame),
      }),
    ]));
    assert.ok(firm.length >= CROWDED_SECONDS * 10 - 1, `${firm.length} firm`);
    assert.ok(firm.at(-1)! <= 600, `firm ${firm.at(-1)} ms late`);
    assert.ok(loose.length >= CROWDED_SECONDS * 100, `${loose.length} loose`);
    assert.ok(loose.at(-1)! <= 500, `loose ${loose.at(-1)} ms late`);
    assert.ok(relay.stats.droppedDatagrams >= CROWDED_SECONDS * 200);
    assert.ok(most <= 1_000_000, `${most} bytes in flight`);
    viewer.close();
    relay.close();
    await clock.run(Promise.all([viewer.closed, relay.closed]));
  });
}
