/**
 * A qmux session against a peer by hand, against itself with random windows,
 * and against bytes that no peer would send.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  channelPair,
  RawPeer,
  type TestChannel,
} from "../../../tests/compliance/message_channel.ts";
import { MoqError } from "../../error.ts";
import { decodeMessage } from "./decode.ts";
import type { QmuxFrame } from "./frame.ts";
import { DEFAULT_PARAMETERS, qmuxTransport, type QmuxTuning } from "./qmux.ts";
import { NO_PARAMETERS, type QmuxParameters } from "./parameters.ts";
import type { QmuxWire } from "./wire.ts";
import type { ReceiveStream, Transport } from "../transport.ts";
import { VirtualClock } from "../virtual_clock.ts";

interface Rig {
  readonly transport: Transport;
  readonly peer: RawPeer;
  /** Our end of the channel. */
  readonly channel: TestChannel;
  /** The peer's end. */
  readonly far: TestChannel;
  readonly clock: VirtualClock;
}

// A server of ours and a client by hand, whose parameters have been sent.
function rig(
  wire: QmuxWire = "qmux-02",
  parameters: Partial<QmuxParameters> | undefined = {},
): Rig {
  const [channel, far] = channelPair();
  const clock = new VirtualClock();
  const transport = qmuxTransport(channel, { wire, role: "server", clock });
  const peer = new RawPeer(far, wire);
  if (wire !== "webtransport") peer.send(allow(parameters));
  return { transport, peer, channel, far, clock };
}

function allow(parameters: Partial<QmuxParameters> = {}): QmuxFrame {
  return {
    type: "parameters",
    parameters: { ...DEFAULT_PARAMETERS, ...parameters },
  };
}

function data(id: number, offset: number, length: number): QmuxFrame {
  return {
    type: "stream",
    id,
    offset,
    data: new Uint8Array(length),
    fin: false,
  };
}

// Lets everything happen that needs no time.
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function accept<T>(incoming: AsyncIterable<T>): Promise<T> {
  for await (const stream of incoming) return stream;
  throw new Error("Expected a stream, got the end");
}

async function readAll(stream: ReceiveStream): Promise<number[]> {
  const all: number[] = [];
  for (;;) {
    const bytes = await stream.read(new Uint8Array(1000));
    if (!bytes) return all;
    all.push(...bytes);
  }
}

function framesOf(channel: TestChannel, wire: QmuxWire): QmuxFrame[] {
  return channel.sent.flatMap((message) => decodeMessage(message, wire));
}

const UNI = 2; // the client's first
const BIDI = 0;
const hostile: readonly {
  readonly what: string;
  readonly wires?: readonly QmuxWire[];
  readonly frames: readonly QmuxFrame[];
}[] = [
  { what: "a gap in a stream", frames: [data(UNI, 0, 5), data(UNI, 6, 1)] },
  { what: "bytes again", frames: [data(UNI, 0, 5), data(UNI, 0, 5)] },
  {
    what: "more than a stream's window",
    frames: Array.from(
      { length: 17 },
      (_, i) => data(UNI, i * 16_000, 16_000),
    ),
  },
  {
    what: "more than the session's window",
    frames: Array.from({ length: 66 }, (_, i) => data(UNI + i * 4, 0, 16_000)),
  },
  {
    what: "a final size over the window",
    frames: [{ type: "reset", id: UNI, code: 0, finalSize: 2 ** 40 }],
  },
  { what: "a stream over the limit", frames: [data(UNI + 1024 * 4, 0, 1)] },
  { what: "an index without end", frames: [data(2 ** 53 - 2, 0, 0)] },
  { what: "data on our one-way stream", frames: [data(3, 0, 1)] },
  { what: "data on a stream we never opened", frames: [data(1, 0, 1)] },
  {
    what: "a stop of its own stream",
    frames: [{ type: "stop", id: UNI, code: 0 }],
  },
  {
    what: "a stop of a stream we never opened",
    frames: [{ type: "stop", id: 3, code: 0 }],
  },
  {
    what: "credit for a stream we never opened",
    frames: [{ type: "max-stream-data", id: 1, max: 9 }],
  },
  {
    what: "RESET_STREAM_AT that was not allowed",
    wires: ["qmux-02"],
    frames: [{
      type: "reset",
      id: UNI,
      code: 0,
      finalSize: 0,
      reliableSize: 0,
    }],
  },
  { what: "parameters twice", wires: ["qmux-02"], frames: [allow()] },
  {
    what: "a ping that does not count up",
    wires: ["qmux-02"],
    frames: [{ type: "ping", sequence: 4n }, { type: "ping", sequence: 4n }],
  },
  {
    what: "an answer to no ping",
    wires: ["qmux-02"],
    frames: [{ type: "pong", sequence: 0n }],
  },
];

const BOTH: readonly QmuxWire[] = ["qmux-02", "qmux-00"];
for (const { what, wires = BOTH, frames } of hostile) {
  for (const wire of wires) {
    Deno.test(`qmuxTransport: ${wire} ends at ${what}`, async () => {
      const { transport, peer } = rig(wire);
      peer.send(...frames);
      const close = await peer.next("connection-close");
      assert.equal(close.code, 1002);
      const { code, error } = await transport.closed;
      assert.equal(code, undefined);
      assert.ok(error instanceof MoqError);
    });
  }
}

Deno.test("qmuxTransport: draft-02 wants parameters first", async () => {
  const [channel, far] = channelPair();
  const transport = qmuxTransport(channel, { wire: "qmux-02", role: "server" });
  const peer = new RawPeer(far, "qmux-02");
  peer.send({ type: "max-data", max: 1 });
  assert.equal((await peer.next("connection-close")).code, 1002);
  assert.equal((await transport.closed).code, undefined);
});

Deno.test("qmuxTransport: a text message is refused with 1003", async () => {
  const { transport, peer, far } = rig();
  far.sendText("hello");
  assert.equal((await peer.next("connection-close")).code, 1003);
  assert.match((await transport.closed).reason, /text message/);
});

Deno.test("qmuxTransport: an oversized datagram ends the session", async () => {
  const [channel, far] = channelPair();
  const transport = qmuxTransport(channel, {
    wire: "qmux-01",
    role: "server",
    parameters: { maxDatagramBytes: 100 },
  });
  const peer = new RawPeer(far, "qmux-01");
  peer.send(allow(), { type: "datagram", data: new Uint8Array(97).fill(7) });
  assert.equal((await accept(transport.datagrams!.incoming))[96], 7);
  assert.ok(transport.datagrams!.maxBytes > 16_000);
  peer.send({ type: "datagram", data: new Uint8Array(100) });
  assert.equal((await peer.next("connection-close")).code, 1002);
});

Deno.test("qmuxTransport: sends only its parameters before the peer's", async () => {
  const [channel, far] = channelPair();
  const transport = qmuxTransport(channel, { wire: "qmux-01", role: "server" });
  const opening = transport.openUni();
  await settle();
  assert.deepEqual(
    framesOf(channel, "qmux-01").map(({ type }) => type),
    ["parameters"],
  );
  assert.equal(transport.datagrams!.maxBytes, 0);
  const peer = new RawPeer(far, "qmux-01");
  // A second set is borne before draft-02, and changes nothing.
  peer.send(allow(), allow({ maxStreamDataUni: 0 }));
  const stream = await opening;
  stream.write(Uint8Array.of(1));
  assert.equal((await peer.next("stream")).id, 3);
  transport.close(0, "");
});

Deno.test("qmuxTransport: answers STOP_SENDING with a reset of the same code", async () => {
  const { transport, peer } = rig("qmux-02", { maxStreamDataUni: 600 });
  const stream = await transport.openUni();
  stream.write(new Uint8Array(1000));
  const { id, data } = await peer.next("stream");
  assert.equal(data.byteLength, 600);
  peer.send({ type: "stop", id, code: 77 });
  assert.equal(await stream.stopped, 77);
  const { code, finalSize } = await peer.next("reset");
  assert.deepEqual({ code, finalSize }, { code: 77, finalSize: 600 });
  assert.equal(await stream.ready(), false);
  transport.close(0, "");
});

Deno.test("qmuxTransport: what a stopped stream still brings counts as read", async () => {
  const { transport, peer } = rig();
  peer.send(data(UNI, 0, 10));
  const stream = await accept(transport.incomingUni);
  stream.stop(5);
  assert.equal((await peer.next("stop")).code, 5);
  // Ten more windows in unread streams: the session's credit keeps coming.
  let max = 1024 * 1024;
  let sent = 10;
  for (let i = 1; i <= 50; i++) {
    const id = UNI + i * 4;
    peer.send(data(id, 0, 1));
    (await accept(transport.incomingUni)).stop(5);
    for (let at = 1; at < 250_000; at += 10_000) {
      peer.send(data(id, at, 10_000));
    }
    sent += 250_001;
    if (sent < max - 500_000) continue;
    max = (await peer.next("max-data")).max;
    assert.ok(max > sent, `Expected more than ${sent}, got ${max}`);
  }
  transport.close(0, "");
});

Deno.test("qmuxTransport: streams are released once taken and ended", async () => {
  const [channel, far] = channelPair();
  const transport = qmuxTransport(channel, {
    wire: "qmux-02",
    role: "server",
    parameters: { maxStreamsBidi: 2, maxStreamsUni: 2 },
  });
  const peer = new RawPeer(far, "qmux-02");
  const fin = (id: number): QmuxFrame => {
    return { type: "stream", id, offset: 0, data: new Uint8Array(), fin: true };
  };
  peer.send(allow(), fin(BIDI), fin(BIDI + 4), fin(UNI), fin(UNI + 4));
  await settle();
  const limits = (): QmuxFrame[] =>
    framesOf(channel, "qmux-02").filter(({ type }) => type === "max-streams");
  assert.deepEqual(limits(), [], "not taken yet");
  const stream = await accept(transport.incomingBidi);
  await settle();
  assert.deepEqual(limits(), [], "our half is still open");
  stream.send.close();
  assert.deepEqual(await peer.next("max-streams"), {
    type: "max-streams",
    direction: "bidi",
    max: 3,
  });
  await accept(transport.incomingUni);
  assert.deepEqual(await peer.next("max-streams"), {
    type: "max-streams",
    direction: "uni",
    max: 3,
  });
  transport.close(0, "");
});

Deno.test("qmuxTransport: highest send order first, resets before data", async () => {
  const { transport, peer, channel } = rig();
  const low = await transport.openUni({ sendOrder: -1 });
  const one = await transport.openUni({ sendOrder: 7 });
  const two = await transport.openUni({ sendOrder: 7 });
  const gone = await transport.openUni({ sendOrder: 9 });
  channel.hold();
  for (const stream of [low, one, two]) {
    stream.write(new Uint8Array(40_000));
    stream.close();
  }
  gone.reset(3);
  for (let i = 0; i < 10; i++) {
    await settle();
    channel.release();
    channel.hold();
    low.write(new Uint8Array(0));
    peer.send({ type: "max-data", max: 2 ** 22 + i });
  }
  await settle();
  const order = framesOf(channel, "qmux-02")
    .filter(({ type }) => type === "stream" || type === "reset")
    .map((frame) => "id" in frame ? frame.id : undefined);
  const first = order.lastIndexOf(11);
  assert.equal(order[0], 15, "the reset");
  assert.deepEqual(order.slice(1, 5), [7, 11, 7, 11]);
  assert.ok(order.indexOf(3) > first, `Expected 3 last, got ${order}`);
  channel.release();
  transport.close(0, "");
});

Deno.test("qmuxTransport: keeps at most 64 KiB and a message in the channel", async () => {
  const { transport, channel, clock } = rig();
  const bulk = await transport.openUni();
  await settle();
  channel.hold();
  bulk.write(new Uint8Array(200_000));
  await settle();
  assert.ok(channel.bufferedAmount >= 64 * 1024);
  assert.ok(channel.bufferedAmount < 64 * 1024 + 16_384);
  const before = channel.sent.length;
  const urgent = await transport.openUni({ sendOrder: 1 });
  urgent.write(Uint8Array.of(1));
  await clock.advance(100);
  assert.equal(channel.sent.length, before, "the channel is full");
  channel.release();
  await clock.advance(40);
  const next = decodeMessage(channel.sent[before]!, "qmux-02")[0];
  assert.equal(next?.type === "stream" && next.id, 7);
  transport.close(0, "");
});

Deno.test("qmuxTransport: a peer that never reads ends the session", async () => {
  const { transport, peer, channel } = rig("qmux-01");
  await settle();
  channel.hold();
  const sequence = (1n << 62n) - 1n;
  for (let i = 0; i < 25_000; i++) peer.send({ type: "ping", sequence });
  assert.match((await transport.closed).reason, /stopped reading/);
});

Deno.test("qmuxTransport: pings after a third of the shorter timeout", async () => {
  const { transport, peer, clock } = rig("qmux-02", { maxIdleMs: 12_000 });
  for (let i = 0n; i < 10n; i++) {
    await clock.advance(4_000);
    const { sequence } = await peer.next("ping");
    assert.equal(sequence, i);
    peer.send({ type: "pong", sequence });
  }
  await clock.advance(11_999);
  const stream = transport.openUni();
  await stream;
  await clock.advance(4_100);
  const { code, error } = await transport.closed;
  assert.equal(code, undefined);
  assert.match(String(error), /sent nothing/);
});

Deno.test("qmuxTransport: a silent peer ends the session after 30 s", async () => {
  const [channel] = channelPair();
  const clock = new VirtualClock();
  const transport = qmuxTransport(channel, {
    wire: "qmux-01",
    role: "server",
    clock,
  });
  await clock.advance(29_999);
  assert.deepEqual(await Promise.race([transport.closed, "alive"]), "alive");
  await clock.advance(1);
  assert.match((await transport.closed).reason, /sent nothing/);
});

Deno.test("qmuxTransport: closes say who, why and that it was on purpose", async () => {
  const { transport, peer } = rig();
  peer.send({ type: "application-close", code: 42, reason: "bye" });
  peer.send({ type: "application-close", code: 1, reason: "" });
  assert.deepEqual(await transport.closed, { code: 42, reason: "bye" });
  const broken = rig();
  broken.peer.send({ type: "connection-close", code: 1002, reason: "you did" });
  const { code, reason, error } = await broken.transport.closed;
  assert.deepEqual({ code, reason }, { code: undefined, reason: "you did" });
  assert.equal(error instanceof MoqError && error.remoteCode, 1002);
  const lost = rig();
  await settle();
  lost.far.close();
  assert.equal((await lost.transport.closed).reason, "The channel ended");
  const ours = rig();
  await settle();
  ours.transport.close(7, "é".repeat(1000));
  const close = await ours.peer.next("application-close");
  assert.deepEqual(close, {
    type: "application-close",
    code: 7,
    reason: "é".repeat(512),
  });
});

Deno.test("qmuxTransport: only complete streams can be read after the end", async () => {
  const { transport, peer } = rig();
  peer.send(
    {
      type: "stream",
      id: UNI,
      offset: 0,
      data: Uint8Array.of(1, 2),
      fin: true,
    },
    data(UNI + 4, 0, 2),
    { type: "application-close", code: 0, reason: "" },
  );
  await transport.closed;
  const streams: ReceiveStream[] = [];
  for await (const stream of transport.incomingUni) streams.push(stream);
  assert.deepEqual(await readAll(streams[0]!), [1, 2]);
  await assert.rejects(readAll(streams[1]!), { code: "transport" });
});

Deno.test("qmuxTransport: without flow control, 16 MiB unread end the session", async () => {
  const { transport, peer } = rig("webtransport");
  for (let at = 0; at <= 16 * 1024 * 1024; at += 16_000) {
    peer.send(data(UNI, 0, 16_000));
  }
  assert.equal((await peer.next("connection-close")).code, 1002);
  assert.match((await transport.closed).reason, /credit of 16777216/);
});

// Two transports over one channel, each with windows of its own.
function joined(wire: QmuxWire, tuning: readonly QmuxTuning[]): Transport[] {
  const roles = ["client", "server"] as const;
  return channelPair().map((channel, i) =>
    qmuxTransport(channel, { ...tuning[i], wire, role: roles[i]! })
  );
}

Deno.test("qmuxTransport: all data arrives with any windows, none is exceeded", async () => {
  const window = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.nat(30_000))
    .map((bytes) => bytes + 1);
  const parameters = fc.record({
    maxData: window,
    maxStreamDataUni: window,
    maxStreamsUni: fc.integer({ min: 1, max: 4 }),
    maxIdleMs: fc.constant(0),
  });
  const streams = fc.array(
    fc.record({
      size: fc.nat(2000),
      sendOrder: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 12 },
  );
  const wires = fc.constantFrom<QmuxWire[]>("qmux-00", "qmux-01", "qmux-02");
  await fc.assert(
    fc.asyncProperty(wires, parameters, streams, async (wire, own, plan) => {
      const [client, server] = joined(wire, [{ parameters: own }, {
        parameters: own,
      }]);
      let expected = 0;
      const writing = plan.map(async ({ size, sendOrder }, label) => {
        const stream = await client!.openUni({ sendOrder });
        expected += size * (label + 1);
        for (let at = 0; at < size; at += 700) {
          assert.equal(await stream.ready(), true);
          stream.write(
            new Uint8Array(Math.min(700, size - at)).fill(label + 1),
          );
        }
        stream.close();
      });
      // At the same time: the session's window is shared, and unread streams block the rest.
      const reading: Promise<number[]>[] = [];
      if (plan.length > 0) {
        for await (const stream of server!.incomingUni) {
          reading.push(readAll(stream));
          if (reading.length === plan.length) break;
        }
      }
      const sum = (await Promise.all(reading)).flat().reduce(
        (a, b) => a + b,
        0,
      );
      await Promise.all(writing);
      assert.equal(sum, expected);
      client!.close(3, "done");
      // The receiver holds every byte against what it granted: an excess would have been its end.
      assert.equal((await server!.closed).code, 3);
    }),
    { numRuns: 50 },
  );
});

Deno.test("qmuxTransport: random frames and bytes at most end the session", async () => {
  const small = fc.oneof(fc.nat(40), fc.maxSafeNat());
  const frames: fc.Arbitrary<QmuxFrame> = fc.oneof(
    fc.record({
      type: fc.constant("stream" as const),
      id: fc.nat(30),
      offset: fc.nat(3),
      data: fc.uint8Array({ maxLength: 3 }),
      fin: fc.boolean(),
    }),
    fc.record({
      type: fc.constant("reset" as const),
      id: fc.nat(30),
      code: small,
      finalSize: fc.nat(5),
    }),
    fc.record({
      type: fc.constant("stop" as const),
      id: fc.nat(30),
      code: small,
    }),
    fc.record({
      type: fc.constant("max-stream-data" as const),
      id: fc.nat(30),
      max: small,
    }),
    fc.record({ type: fc.constant("max-data" as const), max: small }),
    fc.record({
      type: fc.constant("ping" as const),
      sequence: fc.bigInt(0n, 9n),
    }),
    fc.record({
      type: fc.constant("datagram" as const),
      data: fc.uint8Array({ maxLength: 9 }),
    }),
  );
  const raw = fc.uint8Array({ maxLength: 40 });
  const steps = fc.array(fc.oneof({ weight: 8, arbitrary: frames }, raw), {
    maxLength: 40,
  });
  const wires = fc.constantFrom<QmuxWire[]>("qmux-00", "qmux-01", "qmux-02");
  await fc.assert(
    fc.asyncProperty(wires, steps, async (wire, plan) => {
      const { transport, peer, far } = rig(wire, NO_PARAMETERS);
      const reading = readEverything(transport);
      for (const step of plan) {
        if (step instanceof Uint8Array) far.send(step);
        else if (step.type !== "ping" && step.type !== "datagram") {
          peer.send(step);
        } else if (wire !== "qmux-00") peer.send(step);
      }
      await settle();
      far.close();
      const { code, error } = await transport.closed;
      if (code === undefined) assert.ok(error instanceof MoqError);
      await reading;
    }),
    { numRuns: 300 },
  );
});

// Takes all streams, reads every other one to its end and stops the rest.
async function readEverything(transport: Transport): Promise<void> {
  const uni = (async () => {
    const reads: Promise<void>[] = [];
    for await (const stream of transport.incomingUni) {
      reads.push(readOrFail(stream));
    }
    await Promise.all(reads);
  })();
  for await (const { send, receive } of transport.incomingBidi) {
    receive.stop(1);
    send.write(Uint8Array.of(1, 2, 3));
    send.close();
  }
  await uni;
}

async function readOrFail(stream: ReceiveStream): Promise<void> {
  try {
    await readAll(stream);
  } catch (error) {
    assert.ok(error instanceof MoqError, String(error));
  }
}
