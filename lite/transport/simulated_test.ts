import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type TransportPair,
  transportSuite,
} from "../../tests/compliance/transport.ts";
import { sleep } from "../time.ts";
import { simulatedPair, type SimulatedPairOptions } from "./simulated.ts";
import type { ReceiveStream, Transport } from "./transport.ts";
import { VirtualClock } from "./virtual_clock.ts";

type Path = Omit<SimulatedPairOptions, "clock">;

function suite(name: string, path: Path): void {
  transportSuite(name, (): Promise<TransportPair> => {
    const clock = new VirtualClock();
    const [client, server] = simulatedPair({
      clock,
      maxUniStreams: 10,
      ...path,
    });
    const ended = Promise.all([client.closed, server.closed]);
    const playing = clock.run(ended, { limitMs: Infinity });
    return Promise.resolve({
      client,
      server,
      async dispose(): Promise<void> {
        client.close(0, "");
        await playing;
      },
    });
  }, { uniLimit: 10 });
}

suite("simulatedPair", { oneWayMs: 5, bandwidthBps: 50_000_000 });
suite("simulatedPair with loss", {
  oneWayMs: 5,
  bandwidthBps: 50_000_000,
  loss: 0.05,
  seed: 7,
  maxDatagramBytes: 0,
});

interface Arrival {
  readonly atMs: number;
  readonly bytes: number;
}

interface Transfer {
  readonly clock: VirtualClock;
  readonly from: Transport;
  readonly to: Transport;
}

function start(path: Path): Transfer {
  const clock = new VirtualClock();
  const [from, to] = simulatedPair({ clock, ...path });
  return { clock, from, to };
}

/** Sends `bytes` on one stream and returns what was read when. */
function transfer(net: Transfer, bytes: number): Promise<Arrival[]> {
  const { clock, from, to } = net;
  const sending = async (): Promise<void> => {
    const stream = await from.openUni();
    for (let at = 0; at < bytes; at += 10_000) {
      await stream.ready();
      stream.write(new Uint8Array(Math.min(10_000, bytes - at)));
    }
    stream.close();
  };
  const receiving = async (): Promise<Arrival[]> => {
    const stream = await first(to.incomingUni);
    return arrivals(clock, stream);
  };
  return clock.run(
    Promise.all([receiving(), sending()]).then(([trace]) => trace),
  );
}

async function arrivals(
  clock: VirtualClock,
  stream: ReceiveStream,
): Promise<Arrival[]> {
  const trace: Arrival[] = [];
  for (;;) {
    const bytes = await stream.read(new Uint8Array(64 * 1024));
    if (!bytes) return trace;
    trace.push({ atMs: clock.now(), bytes: bytes.byteLength });
  }
}

async function first<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new Error("Expected an item, got the end");
}

const total = (trace: readonly Arrival[]): number =>
  trace.reduce((sum, { bytes }) => sum + bytes, 0);

Deno.test("simulatedPair: the same seed gives the same trace, another another", async () => {
  const path = { bandwidthBps: 4_000_000, loss: 0.03, seed: 42 };
  const once = await transfer(start(path), 300_000);
  const again = await transfer(start(path), 300_000);
  const other = await transfer(start({ ...path, seed: 43 }), 300_000);
  assert.equal(total(once), 300_000);
  assert.equal(total(other), 300_000);
  assert.deepEqual(again, once);
  assert.notDeepEqual(other, once);
});

Deno.test("simulatedPair: bandwidth and delay are what was asked for", async () => {
  const net = start({ oneWayMs: 50, bandwidthBps: 2_000_000 });
  const trace = await transfer(net, 1_000_000);
  assert.ok(trace[0]!.atMs >= 50 && trace[0]!.atMs < 60);
  // 4 s for the bytes alone, and a little for slow start, losses in the queue and headers.
  const tookMs = trace.at(-1)!.atMs;
  assert.ok(tookMs > 4000 && tookMs < 5500, `Expected about 4.5 s: ${tookMs}`);
});

Deno.test("simulatedPair: a loss costs a round trip, and its own stream only", async () => {
  // Without a bandwidth limit everything leaves at once and only losses take longer.
  const { clock, from, to } = start({ oneWayMs: 50, loss: 0.2, seed: 3 });
  const count = 10;
  const took: number[] = [];
  const sending = async (): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const stream = await from.openUni();
      stream.write(new Uint8Array(1000));
      stream.close();
    }
  };
  const receiving = async (): Promise<void> => {
    for await (const stream of to.incomingUni) {
      await arrivals(clock, stream);
      took.push(clock.now());
      if (took.length === count) return;
    }
  };
  await clock.run(Promise.all([sending(), receiving()]));
  assert.ok(took.filter((ms) => ms === 50).length >= count / 2);
  assert.ok(took.at(-1)! >= 150);
  // One round trip per loss and nothing between.
  assert.ok(took.every((ms) => (ms - 50) % 100 === 0), took.join());
});

Deno.test("simulatedPair: a strict order starves the lower stream", async () => {
  const { clock, from, to } = start({ bandwidthBps: 2_000_000 });
  const send = async (sendOrder: number): Promise<void> => {
    const stream = await from.openUni({ sendOrder });
    stream.write(new Uint8Array(400_000).fill(sendOrder));
    stream.close();
  };
  const ends = new Map<number, number>();
  const receive = async (): Promise<void> => {
    const reading: Promise<void>[] = [];
    for await (const stream of to.incomingUni) {
      reading.push((async () => {
        const bytes = await stream.read(new Uint8Array(1));
        const trace = await arrivals(clock, stream);
        ends.set(bytes![0]!, trace.at(-1)!.atMs);
      })());
      if (reading.length === 2) break;
    }
    await Promise.all(reading);
  };
  const low = send(1);
  const high = sleep(clock, 300).then(() => send(2));
  await clock.run(Promise.all([low, high, receive()]));
  const highMs = ends.get(2)! - 300;
  // 1670 ms at the full rate, behind what the bottleneck's queue held already.
  assert.ok(
    highMs < 2050,
    `Expected the full rate for the high one: ${highMs}`,
  );
  assert.ok(ends.get(1)! > ends.get(2)! + 500);
});

Deno.test("simulatedPair: ready waits when the send buffer is full", async () => {
  const { clock, from } = start({
    bandwidthBps: 1_000_000,
    sendBufferBytes: 100_000,
  });
  const writing = async (): Promise<void> => {
    const stream = await from.openUni();
    for (let written = 0; written < 500_000; written += 10_000) {
      assert.equal(await stream.ready(), true);
      stream.write(new Uint8Array(10_000));
    }
  };
  await clock.run(writing());
  // 400 kB had to leave at 1 Mbit/s before the last write was taken.
  assert.ok(clock.now() > 3000 && clock.now() < 4500, `${clock.now()} ms`);
});

Deno.test("simulatedPair: a datagram is lost, never repeated or late", async () => {
  const { clock, from, to } = start({ oneWayMs: 30, loss: 0.3, seed: 5 });
  const seen: Arrival[] = [];
  const receiving = (async () => {
    for await (const payload of to.datagrams!.incoming) {
      seen.push({ atMs: clock.now(), bytes: payload[0]! });
    }
  })();
  for (let i = 0; i < 100; i++) {
    from.datagrams!.send(Uint8Array.of(i));
    await clock.advance(10);
  }
  from.close(0, "");
  await clock.run(receiving);
  assert.ok(seen.length > 50 && seen.length < 90, `${seen.length} arrived`);
  assert.ok(seen.every(({ atMs, bytes }) => atMs === bytes * 10 + 30));
});

Deno.test("simulatedPair: resets and stops give the send buffer back", async () => {
  const { clock, from, to } = start({
    bandwidthBps: 4_000_000,
    loss: 0.1,
    sendBufferBytes: 100_000,
  });
  const stopping = (async () => {
    for await (const stream of to.incomingUni) {
      await stream.read(new Uint8Array(100)).catch((error) => {
        assert.equal(error.code, "remote");
      });
      stream.stop(1);
    }
  })();
  const wasting = async (): Promise<void> => {
    for (let round = 0; round < 60; round++) {
      const stream = await from.openUni();
      stream.write(new Uint8Array(30_000));
      if (round % 3 === 0) stream.reset(round);
      else if (round % 3 === 1) stream.close();
      await sleep(clock, round * 5);
    }
    // What is on its way still counts; after a while nothing is.
    await sleep(clock, 60_000);
  };
  await clock.run(wasting());
  const fresh = await from.openUni();
  fresh.write(new Uint8Array(100_000));
  assert.equal(await fresh.ready(), true);
  fresh.write(new Uint8Array(1));
  const abort = new AbortController();
  const isReady = fresh.ready(abort.signal);
  abort.abort();
  assert.equal(await isReady, false);
  from.close(0, "");
  await clock.run(stopping);
});

const ending = fc.record({
  bytes: fc.nat(20_000),
  sender: fc.constantFrom("close", "reset"),
  reader: fc.constantFrom("read", "stop"),
  isBidi: fc.boolean(),
  pauseMs: fc.nat(60),
});

Deno.test("simulatedPair: however streams end, their credit comes back", async () => {
  const scenario = fc.record({
    seed: fc.nat(),
    loss: fc.constantFrom(0, 0.1, 0.4),
    reliableReset: fc.boolean(),
    endings: fc.array(ending, { maxLength: 12 }),
  });
  const runs = fc.asyncProperty(scenario, async ({ endings, ...path }) => {
    const limits = { maxUniStreams: 2, maxBidiStreams: 2, windowBytes: 4096 };
    const net = start({ ...path, ...limits, bandwidthBps: 5_000_000 });
    const { clock, from, to } = net;
    const serving = Promise.all([serve(net, "Uni"), serve(net, "Bidi")]);
    const drive = async (): Promise<void> => {
      for (const { bytes, sender, reader, isBidi, pauseMs } of endings) {
        const bidi = isBidi ? await from.openBidi() : undefined;
        const send = bidi?.send ?? await from.openUni();
        // The first byte tells the other end what to do.
        send.write(Uint8Array.of(reader === "stop" ? 1 : 0));
        send.write(new Uint8Array(bytes));
        await sleep(clock, pauseMs);
        if (sender === "close") send.close();
        else send.reset(5);
        if (bidi) void arrivals(clock, bidi.receive).catch(isExpected);
      }
      for (let i = 0; i < 2; i++) {
        (await from.openUni()).reset(0);
        (await from.openBidi()).send.reset(0);
      }
      from.close(0, "");
    };
    await clock.run(Promise.all([drive(), serving, to.closed]));
  });
  await fc.assert(runs, { numRuns: 60 });
});

async function serve(net: Transfer, kind: "Uni" | "Bidi"): Promise<void> {
  const { clock, to } = net;
  const incoming = kind === "Uni" ? to.incomingUni : to.incomingBidi;
  for await (const stream of incoming) {
    const receive = "receive" in stream ? stream.receive : stream;
    void (async () => {
      const first = await receive.read(new Uint8Array(1));
      if (first?.[0] === 1) receive.stop(9);
      else await arrivals(clock, receive);
    })().catch(isExpected);
    if ("send" in stream) stream.send.close();
  }
}

function isExpected(error: unknown): void {
  assert.match(String(error), /reset the stream|transport has ended/);
}
