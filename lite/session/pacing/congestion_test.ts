import assert from "node:assert/strict";
import type { MoqError } from "../../error.ts";
import { memoryPair } from "../../transport/memory.ts";
import { simulatedPair } from "../../transport/simulated.ts";
import type { BidiStream, Transport } from "../../transport/transport.ts";
import { VirtualClock } from "../../transport/virtual_clock.ts";
import { Congestion } from "./congestion.ts";
import { CONTROL_ORDER, LAST_ORDER } from "../priority.ts";
import type { Flow } from "./send_window.ts";
import { Tasks } from "../../tasks.ts";

interface PathOptions {
  readonly bandwidthBps?: number;
  readonly oneWayMs?: number;
  readonly queueBytes?: number;
  readonly loss?: number;
  readonly answer?: (stream: BidiStream) => void;
}

function withChanges(
  transport: Transport,
  changes: Partial<Transport>,
): Transport {
  return {
    protocol: transport.protocol,
    reliableReset: transport.reliableReset,
    incomingUni: transport.incomingUni,
    incomingBidi: transport.incomingBidi,
    openUni: (options) => transport.openUni(options),
    openBidi: (options) => transport.openBidi(options),
    close: (code, reason) => transport.close(code, reason),
    closed: transport.closed,
    ...changes,
  };
}

/** A sender, the path, and a peer that takes everything and answers barriers. */
class World implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly path: Congestion;
  readonly near: Transport;
  readonly barriers: { readonly at: number; readonly order: number }[] = [];
  readonly failures: MoqError[] = [];
  readonly #ending = new AbortController();
  readonly #tasks = new Tasks((_, error) => {
    const isOver = this.#ending.signal.aborted || this.failures.length > 0;
    if (!isOver) throw error;
  });
  #received = 0;

  constructor(
    { answer = (stream) => stream.send.close(), ...path }: PathOptions,
  ) {
    const { clock } = this;
    const [near, far] = simulatedPair({ clock, ...path });
    this.near = near;
    this.path = new Congestion({
      transport: withChanges(near, {
        openBidi: (options) => {
          this.barriers.push({
            at: clock.now(),
            order: options?.sendOrder ?? 0,
          });
          return near.openBidi(options);
        },
      }),
      version: "06",
      signal: this.#ending.signal,
      clock,
      tasks: this.#tasks,
      fail: (error) => {
        this.failures.push(error);
        near.close(1, "");
      },
    });
    this.#tasks.run("answers", this.#runAnswers(far, answer));
    this.#tasks.run("reads", this.#runReads(far));
  }

  async #runAnswers(
    far: Transport,
    answer: (stream: BidiStream) => void,
  ): Promise<void> {
    for await (const stream of far.incomingBidi) answer(stream);
  }

  async #runReads(far: Transport): Promise<void> {
    for await (const stream of far.incomingUni) {
      this.#tasks.run("read", this.#read(stream));
    }
  }

  async #read(
    stream: {
      read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined>;
    },
  ): Promise<void> {
    for (let chunk; (chunk = await stream.read(new Uint8Array(65536)));) {
      this.#received += chunk.byteLength;
    }
  }

  get received(): number {
    return this.#received;
  }

  /** Writes `bytes` in pieces as there is room. */
  async send(bytes: number, flow: Flow = this.path.open(-5)): Promise<void> {
    const { signal } = this.#ending;
    const stream = await this.near.openUni({ sendOrder: -5 });
    let left = bytes;
    while (left > 0 && !signal.aborted && this.failures.length === 0) {
      const wanted = Math.min(left, 33_000);
      const granted = flow.grant(wanted) || await flow.wait(wanted, signal);
      stream.write(new Uint8Array(granted));
      left -= granted;
    }
    stream.close();
    flow.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.near.close(0, "");
    await this.clock.run(this.#tasks.settled());
  }
}

Deno.test("Congestion: on a slow path the window shrinks and a rate is measured", async () => {
  await using world = new World({
    bandwidthBps: 2_000_000,
    queueBytes: 20_000,
  });
  const { path, clock } = world;
  const sending = world.send(3_000_000);
  let most = 0;
  for (let second = 0; second < 8; second++) {
    await clock.advance(1000);
    most = Math.max(most, path.unconfirmedBytes);
    if (second > 2) {
      assert.ok(path.isCongested);
      assert.ok(path.windowBytes < 150_000, `window of ${path.windowBytes}`);
    }
  }
  assert.ok(most <= 256 * 1024, `${most} unconfirmed`);
  const share = path.bitrateBps / 2_000_000;
  assert.ok(share > 0.75 && share <= 1, `measured ${path.bitrateBps}`);
  assert.ok(path.rttMs! >= 40 && path.rttMs! < 160, `round trip ${path.rttMs}`);
  const carriedBps = world.received * 8 / (clock.now() / 1000);
  assert.ok(carriedBps > 0.75 * 2_000_000, `carried ${carriedBps}`);
  await clock.run(sending);
});

Deno.test("Congestion: at most four barriers per second, none while idle", async () => {
  await using world = new World({
    bandwidthBps: 2_000_000,
    queueBytes: 20_000,
  });
  const { path, clock, barriers } = world;
  const flow = path.open(-5);
  await clock.advance(5000);
  assert.equal(barriers.length, 0);
  await clock.run(world.send(2_000_000, flow));
  const orders = new Set(barriers.map(({ order }) => order));
  assert.deepEqual(orders, new Set([CONTROL_ORDER, LAST_ORDER]));
  for (const [index, { at }] of barriers.entries()) {
    const fourth = barriers[index + 4];
    assert.ok(!fourth || fourth.at - at >= 1000, `five from ${at} ms on`);
  }
  await clock.advance(2000);
  assert.equal(path.unconfirmedBytes, 0);
  const { length } = barriers;
  await clock.advance(60_000);
  assert.equal(barriers.length, length);
  assert.equal(
    path.bitrateBps,
    0,
    "what was measured a minute ago is not known",
  );
});

Deno.test("Congestion: a fast path gives no rate", async () => {
  await using world = new World({ oneWayMs: 20 });
  const { path, clock } = world;
  const flow = path.open(-5);
  const start = clock.now();
  for (let frame = 0; frame < 240; frame++) {
    await clock.run(world.send(33_000, path.open(-5)));
    await clock.advance(33);
  }
  assert.ok(
    clock.now() - start < 240 * 33 + 300,
    `took ${clock.now() - start} ms`,
  );
  assert.ok(!path.isCongested);
  assert.equal(path.bitrateBps, 0);
  assert.ok(Math.abs(path.rttMs! - 40) < 2, `round trip ${path.rttMs}`);
  flow.close();
});

for (
  const [name, answer] of [
    ["data", (stream: BidiStream) => stream.send.write(new Uint8Array([9]))],
    ["FIN", (stream: BidiStream) => stream.send.close()],
    ["a reset", (stream: BidiStream) => stream.send.reset(1)],
  ] as const
) {
  Deno.test(`Congestion: ${name} answers a barrier`, async () => {
    await using world = new World({ answer });
    await world.clock.run(world.send(10_000));
    await world.clock.advance(1500);
    assert.equal(world.path.unconfirmedBytes, 0);
    assert.ok(world.path.rttMs! >= 40);
    assert.equal(world.failures.length, 0);
  });
}

Deno.test("Congestion: a peer that confirms nothing for 5 s ends the session", async () => {
  await using silent = new World({ answer: () => {} });
  void silent.send(10_000_000); // Ends with the world.
  await silent.clock.advance(4900);
  assert.equal(silent.failures.length, 0);
  await silent.clock.advance(200);
  assert.equal(silent.failures[0]?.code, "lagged");
  assert.ok(silent.path.unconfirmedBytes <= 256 * 1024);

  await using slow = new World({ bandwidthBps: 150_000, queueBytes: 20_000 });
  void slow.send(10_000_000); // Ends with the world.
  await slow.clock.advance(60_000);
  assert.equal(slow.failures.length, 0);
  assert.ok(slow.received > 700_000, `received ${slow.received}`);
});

Deno.test("Congestion: loss and a long way do not stop it", async () => {
  await using world = new World({
    bandwidthBps: 4_000_000,
    oneWayMs: 200,
    loss: 0.05,
  });
  await world.clock.run(world.send(1_000_000), { limitMs: 120_000 });
  await world.clock.advance(10_000);
  assert.equal(world.received, 1_000_000);
  assert.equal(world.failures.length, 0);
});

Deno.test("Congestion: a transport with statistics of its own needs no barrier", async () => {
  const clock = new VirtualClock();
  const [near, far] = memoryPair();
  const ending = new AbortController();
  const tasks = new Tasks((_, error) => {
    throw error;
  });
  const path = new Congestion({
    transport: withChanges(near, {
      openBidi: () => Promise.reject(new TypeError("Expected no stream")),
      report: () => Promise.resolve({ rttMs: 12, bitrateBps: 5_000_000 }),
    }),
    version: "06",
    signal: ending.signal,
    clock,
    tasks,
    fail: () => assert.fail("not congested"),
  });
  const flow = path.open(-5);
  assert.equal(flow.grant(50_000_000), 50_000_000);
  path.ask();
  await clock.advance(10);
  assert.equal(path.rttMs, 12);
  assert.equal(path.bitrateBps, 5_000_000);
  ending.abort();
  await tasks.settled();
  near.close(0, "");
  await far.closed;
});
