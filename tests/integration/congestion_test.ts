import assert from "node:assert/strict";
import {
  BroadcastProducer,
  type Clock,
  type GroupConsumer,
  openSession,
  Origin,
  protocolOf,
  type Session,
  sleep,
  type TrackProducer,
  type Version,
} from "@moq-deno/lite";
import { simulatedPair } from "@moq-deno/lite/testing";
import type { Transport } from "@moq-deno/lite/transport";
import { MessageReader } from "../../lite/session/streams.ts";
import { decodeProbe } from "../../lite/wire/probe.ts";
import { BidiType } from "../../lite/wire/stream_type.ts";
import { qmuxTransport } from "../../lite/transport/qmux/qmux.ts";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";
import { NarrowChannel } from "./narrow_channel.ts";
import { Peer, read } from "./peer.ts";

const SECONDS = 12;
const VIDEO = { bytes: 33_000, fps: 30, groupFrames: 30 };
// 5 Mbit/s for 3 s.
const BURST = { bytes: 31_250, groupFrames: 5, groups: 12, intervalMs: 250 };
const AUDIO = { bytes: 160, fps: 50, groupFrames: 5 };
// After this long a session uses what it has measured.
const WARM_UP_MS = 3000;

interface Arrival {
  readonly sequence: number;
  readonly lateMs: number;
  readonly index: number;
}

type Connect = (
  clock: Clock,
  protocol: string,
) => readonly [Transport, Transport];

function overPackets(reliableReset: boolean): Connect {
  return (clock, protocol) =>
    simulatedPair({
      clock,
      protocol,
      reliableReset,
      bandwidthBps: 2_000_000,
      oneWayMs: 20,
      queueBytes: 20_000,
    });
}

function overWebSocket(clock: Clock, protocol: string): [Transport, Transport] {
  const [near, far] = NarrowChannel.pair({
    clock,
    bandwidthBps: 2_000_000,
    oneWayMs: 20,
    socketBytes: 64 * 1024,
  });
  const options = { clock, protocol, wire: "qmux-01" } as const;
  return [
    qmuxTransport(near, { ...options, role: "client" }),
    qmuxTransport(far, { ...options, role: "server" }),
  ];
}

/** A publisher at a relay, and one viewer behind a path of 2 Mbit/s and 40 ms. */
class World {
  readonly clock = new VirtualClock();
  readonly origin = new Origin({ clock: this.clock });
  readonly relay: Session;
  readonly viewer: Session;
  readonly #near: Transport;
  readonly #version: Version;
  readonly #broadcast = new BroadcastProducer();

  constructor(version: Version, connect: Connect) {
    const { clock, origin } = this;
    const [near, far] = connect(clock, protocolOf(version));
    this.#near = near;
    this.#version = version;
    this.relay = openSession(far, { clock, readable: origin.scope() });
    this.viewer = openSession(near, { clock });
    origin.publish("live", this.#broadcast);
  }

  /** Publishes a track until the world ends. */
  async publish(name: string, shape: typeof VIDEO): Promise<void> {
    const { clock } = this;
    const track = this.#broadcast.createTrack(name);
    const payload = new Uint8Array(shape.bytes);
    let group = track.group();
    for (let count = 0; count < SECONDS * shape.fps; count++) {
      if (count > 0 && count % shape.groupFrames === 0) {
        group.close();
        group = track.group();
      }
      group.writeFrame({ timestamp: Math.round(clock.now()), payload });
      const due = (count + 1) * 1000 / shape.fps;
      await sleep(clock, Math.max(0, due - clock.now()));
    }
    group.close();
    track.close();
  }

  /** Publishes more than the path carries, then stops. */
  async burst(name: string): Promise<void> {
    const { bytes, groupFrames, groups, intervalMs } = BURST;
    const track = this.#broadcast.createTrack(name, { maxAgeMs: 60_000 });
    const payload = new Uint8Array(bytes);
    await sleep(this.clock, WARM_UP_MS);
    for (let count = 0; count < groups; count++) {
      const group = track.group();
      for (let index = 0; index < groupFrames; index++) {
        const timestamp = Math.round(this.clock.now());
        group.writeFrame({ timestamp, payload });
        await sleep(this.clock, intervalMs / groupFrames);
      }
      group.close();
    }
    track.close();
  }

  /** Collects what arrives of a track, and how many groups were cut. */
  async watch(
    name: string,
    options: { readonly priority: number; readonly maxAgeMs: number },
  ): Promise<{ readonly arrivals: Arrival[]; readonly cut: number }> {
    const arrivals: Arrival[] = [];
    const readers: Promise<boolean>[] = [];
    const track = this.viewer.consume("live").track(name);
    for await (const group of track.subscribe(options)) {
      readers.push(this.#read(group, arrivals));
    }
    const whole = await Promise.all(readers);
    return { arrivals, cut: whole.filter((isWhole) => !isWhole).length };
  }

  /** Sends PROBE to the relay, and collects the rates until the connection ends. */
  async probe(): Promise<number[]> {
    const { send, receive } = await this.#near.openBidi();
    send.write(Uint8Array.of(BidiType.probe));
    const reader = new MessageReader(receive, { version: this.#version });
    const rates: number[] = [];
    try {
      for (let body; (body = await reader.message());) {
        rates.push(decodeProbe(body, this.#version).bitrateBps);
      }
    } catch {
      // The viewer has gone.
    }
    return rates;
  }

  async #read(group: GroupConsumer, arrivals: Arrival[]): Promise<boolean> {
    const { sequence } = group;
    let index = 0;
    try {
      for await (const frame of group.frames()) {
        const isVideo = frame.payload.byteLength === VIDEO.bytes;
        const { groupFrames, fps } = isVideo ? VIDEO : AUDIO;
        // Old drafts stamp frames on arrival: the position in the track says when each was published.
        const publishedMs = (sequence * groupFrames + index) * 1000 / fps;
        const lateMs = this.clock.now() - publishedMs;
        arrivals.push({ sequence, index, lateMs });
        index++;
      }
      return true;
    } catch {
      return false; // Cut, which the caller counts.
    }
  }
}

function worst(arrivals: readonly Arrival[], share: number): number {
  const late = arrivals.map(({ lateMs }) => lateMs).sort((a, b) => a - b);
  return late[Math.floor(share * (late.length - 1))]!;
}

for (const version of ["06", "05", "04", "03"] as const) {
  for (const reliableReset of [true, false]) {
    const kind = reliableReset ? "resets" : "FIN for reset";
    Deno.test(`8 Mbit/s of video over 2: audio is in time (${version}, ${kind})`, async () => {
      const world = new World(version, overPackets(reliableReset));
      const { clock, relay, viewer } = world;
      let most = 0;
      const sample = (): void => {
        if (clock.now() < SECONDS * 1000) clock.after(10, sample);
        most = Math.max(most, relay.path.unconfirmedBytes);
      };
      sample();
      const probing = world.probe();
      const [audio, video] = await clock.run(Promise.all([
        world.watch("audio", { priority: 200, maxAgeMs: 0 }),
        world.watch("video", { priority: 100, maxAgeMs: 0 }),
        world.publish("audio", AUDIO),
        world.publish("video", VIDEO),
      ]));
      const heard = audio.arrivals.filter(({ sequence }) => sequence >= 30);
      assert.ok(heard.length >= (SECONDS - 4) * AUDIO.fps);
      assert.ok(worst(heard, 0.95) <= 300, `audio ${worst(heard, 0.95)} ms`);
      assert.ok(worst(heard, 1) <= 1500, `audio ${worst(heard, 1)} ms`);
      const begun = video.arrivals.filter(({ index, sequence }) =>
        index === 0 && sequence * 1000 >= WARM_UP_MS
      );
      assert.ok(begun.length >= SECONDS - 4, `${begun.length} groups begun`);
      assert.ok(worst(begun, 0.95) <= 800, `${worst(begun, 0.95)} ms`);
      assert.ok(video.cut >= SECONDS - 4, `${video.cut} groups cut`);
      assert.ok(most <= 1_000_000, `${most} bytes in flight`);
      const carried = video.arrivals.length * VIDEO.bytes * 8 / SECONDS;
      assert.ok(carried >= 1_000_000, `${carried} bits of video per second`);
      viewer.close();
      relay.close();
      await clock.run(Promise.all([viewer.closed, relay.closed]));
      const rates = await clock.run(probing);
      assert.equal(rates[0], 0, "the rate is unknown before the path is full");
      const best = Math.max(...rates);
      assert.ok(best >= 1_400_000 && best <= 2_600_000, `${rates}`);
    });
  }
}

for (const version of ["06", "05", "04", "03"] as const) {
  Deno.test(`8 Mbit/s of video over a 2 Mbit/s WebSocket: audio waits (${version})`, async () => {
    const world = new World(version, overWebSocket);
    const { clock, relay, viewer } = world;
    const probing = world.probe();
    const [audio, video] = await clock.run(Promise.all([
      world.watch("audio", { priority: 200, maxAgeMs: 0 }),
      world.watch("video", { priority: 100, maxAgeMs: 0 }),
      world.publish("audio", AUDIO),
      world.publish("video", VIDEO),
    ]));
    const heard = audio.arrivals.filter(({ sequence }) => sequence >= 30);
    assert.ok(heard.length >= (SECONDS - 4) * AUDIO.fps);
    assert.ok(worst(heard, 0.95) <= 500, `audio ${worst(heard, 0.95)} ms`);
    const begun = video.arrivals.filter(({ index, sequence }) =>
      index === 0 && sequence * 1000 >= WARM_UP_MS
    );
    assert.ok(begun.length >= SECONDS - 4, `${begun.length} groups begun`);
    assert.ok(worst(begun, 0.95) <= 700, `${worst(begun, 0.95)} ms`);
    viewer.close();
    relay.close();
    await clock.run(Promise.all([viewer.closed, relay.closed]));
    const rates = await clock.run(probing);
    const last = rates.filter((rate) => rate > 0).slice(-5);
    for (const rate of last) {
      assert.ok(rate >= 1_400_000 && rate <= 2_600_000, `${rates}`);
    }
    assert.ok(last.length > 0, "the rate is known");
  });
}

for (
  const [way, connect] of [["packets", overPackets(true)], [
    "packets, FIN for reset",
    overPackets(false),
  ], ["a WebSocket", overWebSocket]] as const
) {
  Deno.test(`a long maximum age gets all of a burst of five times the path, ${way}`, async () => {
    const world = new World("06", connect);
    const { clock, relay, viewer } = world;
    const [old, live] = await clock.run(Promise.all([
      world.watch("burst", { priority: 100, maxAgeMs: 60_000 }),
      world.watch("burst too", { priority: 100, maxAgeMs: 0 }),
      world.burst("burst"),
      world.burst("burst too"),
    ]));
    assert.equal(old.cut, 0);
    const frames = old.arrivals.map(({ sequence, index }) =>
      sequence * BURST.groupFrames + index
    );
    assert.deepEqual(frames.sort((a, b) => a - b), [
      ...Array(BURST.groups * BURST.groupFrames).keys(),
    ]);
    assert.ok(
      live.arrivals.length < frames.length / 2,
      `${live.arrivals.length} frames, though no viewer wanted old ones`,
    );
    viewer.close();
    relay.close();
    await clock.run(Promise.all([viewer.closed, relay.closed]));
  });
}

/** The next message, which must be shorter than 64 bytes. */
async function message(
  stream: Parameters<typeof read>[0],
): Promise<number[]> {
  const [length = 0] = await read(stream, 1);
  return await read(stream, length);
}

for (const version of ["06", "05", "04", "03"] as const) {
  Deno.test(`PROBE reports no rate while the path is not full (draft ${version})`, async () => {
    const peer = new Peer({ version });
    const requests = peer.transport.incomingBidi[Symbol.asyncIterator]();
    await peer.clock.run((async () => {
      if (version >= "05") await peer.uni(1, [0]);
      const { receive, send } = await peer.bidi(4);
      for (;;) {
        // A barrier asks for a prefix of two bytes; a listing asks for everything.
        const { value } = await requests.next();
        if ((await read(value!.receive, 3))[2] !== 2) continue;
        await sleep(peer.clock, 20);
        value!.send.close();
        break;
      }
      const expected = version === "03" ? [0] : [0, 20];
      assert.deepEqual(await message(receive), expected);
      send.close();
      peer.session.close();
      await peer.session.closed;
    })());
  });
}

Deno.test("SETUP says that PROBE is answered", async () => {
  const peer = new Peer({ version: "06" });
  await peer.clock.run((async () => {
    for await (const stream of peer.transport.incomingUni) {
      // Type, length, count, then the first parameter: probe, one byte, reports.
      const bytes = await read(stream, 6);
      assert.deepEqual(bytes.slice(0, 1), [1]);
      assert.deepEqual(bytes.slice(3), [1, 1, 1]);
      break;
    }
    peer.session.close();
    await peer.session.closed;
  })());
});

/** Resolves when `track` has readers. */
async function watched(track: TrackProducer): Promise<void> {
  while (track.demand.subscribers === 0) await track.demand.changed();
}

Deno.test("a peer that reads and answers nothing is closed after five seconds", async () => {
  const origin = new Origin();
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("video", { maxAgeMs: 60_000 });
  origin.publish("live", broadcast);
  const peer = new Peer({ version: "06", origin });
  const { clock, session } = peer;
  await clock.run((async () => {
    await peer.uni(1, [0]);
    await peer.bidi(2, [0, "live", "video", 0, 0, 0, 0, 0, 0]);
    await watched(track);
    const start = clock.now();
    let isOver = false;
    void session.closed.then(() => isOver = true);
    for (let second = 0; !isOver; second++) {
      const group = track.group();
      for (let frame = 0; frame < 10; frame++) {
        const payload = new Uint8Array(33_000);
        group.writeFrame({ timestamp: second * 1000, payload });
      }
      group.close();
      await sleep(clock, 1000);
      assert.ok(session.path.unconfirmedBytes <= 3 * 256 * 1024);
      assert.ok(second < 8, "still there");
    }
    const error = await session.closed;
    assert.equal(error?.code, "lagged");
    assert.ok(clock.now() - start >= 5000);
  })());
});
