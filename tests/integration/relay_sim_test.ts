import assert from "node:assert/strict";
import {
  BroadcastProducer,
  Cache,
  type GroupConsumer,
  MoqError,
  openSession,
  Origin,
  protocolOf,
  type Session,
  sleep,
  type TrackProducer,
  type TrackSubscription,
  type Version,
} from "@moq-deno/lite";
import { simulatedPair } from "../../lite/transport/simulated.ts";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";
import { type Random, withSeeds } from "../faults/random.ts";
import { Ledger } from "./ledger.ts";

const DRAFTS: readonly Version[] = ["06", "05", "04", "03"];
const CAPACITY_BYTES = 300_000;
const CHAOS_MS = 20_000;

interface Connection {
  readonly session: Session;
  readonly relay: Session;
  lose(): void;
}

/** A relay with failing connections and peers. */
class Sim {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly ledger = new Ledger();
  readonly origin: Origin;
  readonly connections: Connection[] = [];
  readonly live: Set<Session> = new Set();
  readonly errors: unknown[] = [];
  #pairs = 0;

  constructor(clock: VirtualClock, random: Random) {
    this.clock = clock;
    this.random = random;
    const cache = new Cache({ clock, capacityBytes: CAPACITY_BYTES });
    this.origin = new Origin({ clock, cache });
  }

  connect(own = new Origin({ clock: this.clock })): Connection {
    const { clock, random, origin, ledger } = this;
    const losing = new AbortController();
    const [near, far] = simulatedPair({
      clock,
      protocol: protocolOf(random.pick(DRAFTS)),
      seed: random.below(1e9) + ++this.#pairs,
      loss: random.pick([0, 0.01, 0.1]),
      oneWayMs: random.pick([1, 20, 150]),
      bandwidthBps: random.pick([400_000, 2_000_000, 50_000_000]),
      reliableReset: random.chance(0.5),
      maxUniStreams: random.pick([4, 1024]),
      signal: losing.signal,
    });
    const log = {
      error: (message: string, fields?: object) =>
        void this.errors.push([message, fields]),
    };
    const relay = openSession(ledger.wrap(far), {
      hop: origin.hop,
      cache: origin.cache,
      clock,
      log,
      readable: origin.scope(),
      writable: origin.scope(),
    });
    const session = openSession(ledger.wrap(near), {
      clock,
      log,
      hop: own.hop,
      readable: own.scope(),
    });
    const connection = { session, relay, lose: () => losing.abort() };
    this.connections.push(connection);
    for (const one of [session, relay]) {
      this.live.add(one);
      one.closed.then(() => this.live.delete(one));
    }
    return connection;
  }

  async close(): Promise<void> {
    for (const { session } of this.connections) session.close();
    const all = this.connections.flatMap(({ session, relay }) => [
      session.closed,
      relay.closed,
    ]);
    await Promise.all(all);
  }
}

/** Publishes a track at `path`, over one connection after another. */
class SimPublisher {
  readonly path: string;
  readonly origin: Origin;
  readonly #sim: Sim;
  readonly #track: TrackProducer;
  #isOver = false;

  constructor(sim: Sim, path: string) {
    this.path = path;
    this.#sim = sim;
    this.origin = new Origin({ clock: sim.clock });
    const { cache } = this.origin;
    const broadcast = new BroadcastProducer({ cache });
    this.#track = broadcast.createTrack("video", { maxAgeMs: 3000 });
    this.origin.publish(path, broadcast);
  }

  async run(): Promise<void> {
    const { random, clock } = this.#sim;
    const writing = this.#write();
    let connection = this.#sim.connect(this.origin);
    while (!this.#isOver) {
      await sleep(clock, 1000 + random.below(8000));
      if (this.#isOver || random.chance(0.5)) continue;
      if (random.chance(0.5)) connection.lose();
      else connection.session.close();
      await sleep(clock, random.below(2000));
      connection = this.#sim.connect(this.origin);
    }
    await writing;
  }

  async #write(): Promise<void> {
    const { random, clock } = this.#sim;
    while (!this.#isOver) {
      const group = this.#track.group();
      const count = 1 + random.below(8);
      for (let i = 0; i < count; i++) {
        this.#frame(group, i, count);
        await sleep(clock, random.below(60));
      }
      if (random.chance(0.1)) group.close(new MoqError("cancelled", "Spoilt"));
      else group.close();
      if (random.chance(0.1)) await sleep(clock, 2000);
    }
  }

  #frame(
    group: ReturnType<TrackProducer["group"]>,
    index: number,
    count: number,
  ): void {
    const text = `${group.sequence} ${index} ${count} `;
    const size = text.length + this.#sim.random.below(2000);
    const payload = new Uint8Array(size).fill(32);
    new TextEncoder().encodeInto(text, payload);
    group.writeFrame({
      timestamp: Math.round(this.#sim.clock.now()),
      payload,
    });
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Writes the last group and returns its sequence. */
  last(): number {
    const group = this.#track.group();
    this.#frame(group, 0, 1);
    group.close();
    return group.sequence;
  }
}

/** What one subscription received; it must not receive a complete group twice. */
class Record {
  readonly whole: Set<number> = new Set();
  readonly #errors: unknown[];
  readonly #reading: Set<Promise<void>> = new Set();

  constructor(errors: unknown[]) {
    this.#errors = errors;
  }

  read(group: GroupConsumer): void {
    const reading = this.#read(group)
      .catch((error) => void this.#errors.push(error))
      .finally(() => this.#reading.delete(reading));
    this.#reading.add(reading);
  }

  async #read(group: GroupConsumer): Promise<void> {
    const { sequence } = group;
    let next = 0;
    let count: number | undefined;
    try {
      for await (const { payload } of group.frames()) {
        const [said, index, of] = new TextDecoder().decode(payload).split(" ");
        assert.deepEqual([Number(said), Number(index)], [sequence, next]);
        next++;
        count = Number(of);
      }
    } catch (error) {
      if (error instanceof MoqError) return;
      throw error;
    }
    assert.equal(
      next,
      count,
      `group ${sequence} ends early but looks complete`,
    );
    assert.ok(!this.whole.has(sequence), `group ${sequence} comes twice`);
    this.whole.add(sequence);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#reading);
  }
}

function subscribe(
  connection: Connection,
  path: string,
  options: { readonly maxAgeMs: number; readonly signal: AbortSignal },
): TrackSubscription {
  return connection.session.consume(path).track("video").subscribe(options);
}

/** Reads until `signal` aborts, subscribing again whenever that fails. */
async function watch(
  sim: Sim,
  { connection, path, signal, wanted }: {
    readonly connection: Connection;
    readonly path: string;
    readonly signal: AbortSignal;
    readonly wanted?: () => number | undefined;
  },
): Promise<void> {
  while (!signal.aborted) {
    const record = new Record(sim.errors);
    const maxAgeMs = sim.random.pick([0, 1000]);
    try {
      for await (
        const group of subscribe(connection, path, { maxAgeMs, signal })
      ) {
        record.read(group);
        const last = wanted?.();
        if (last === group.sequence) {
          await record.settled();
          assert.ok(record.whole.has(last), `the last group ${last} is cut`);
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof MoqError)) throw error;
    }
    await record.settled();
    if (!signal.aborted) await sleep(sim.clock, 200);
  }
}

async function comeAndGo(sim: Sim, paths: readonly string[]): Promise<void> {
  const { random, clock } = sim;
  while (clock.now() < CHAOS_MS) {
    await sleep(clock, random.below(1500));
    const connection = sim.connect();
    const leaving = new AbortController();
    const watching = [0, 1].map(() =>
      watch(sim, {
        connection,
        path: random.pick(paths),
        signal: leaving.signal,
      })
    );
    await sleep(clock, random.below(6000));
    if (random.chance(0.3)) connection.lose();
    leaving.abort(new MoqError("cancelled", "Seen enough"));
    await Promise.all(watching);
    if (random.chance(0.5)) connection.session.close();
  }
}

async function run(sim: Sim): Promise<void> {
  const { clock, origin, ledger } = sim;
  const publishers = ["one", "two"].map((path) => new SimPublisher(sim, path));
  const paths = publishers.map(({ path }) => path);
  const publishing = publishers.map((one) => one.run());
  const viewers = [0, 1, 2].map(() => comeAndGo(sim, paths));
  await Promise.all(viewers);
  for (const one of publishers) one.stop();
  await Promise.all(publishing);

  // All is quiet: a new subscription gets the newest group.
  await sleep(clock, 30_000);
  const lasts = new Map<string, number>();
  const { signal } = new AbortController();
  const final = paths.map((path) =>
    watch(sim, {
      connection: sim.connect(),
      path,
      signal,
      wanted: () => lasts.get(path),
    })
  );
  await sleep(clock, 5000);
  for (const one of publishers) lasts.set(one.path, one.last());
  await Promise.all(final);

  await sleep(clock, 60_000);
  const live = [...sim.live];
  for (const { stats } of live) assert.equal(stats.subscriptions, 0);
  // The one stream that each pair still has is the relay's listing of the client.
  assert.equal(ledger.open, 2 * live.length);
  origin.cache.sweep();
  assert.ok(origin.cache.bytes <= CAPACITY_BYTES, `${origin.cache.bytes}`);
  await sim.close();
  assert.equal(ledger.open, 0);
  assert.deepEqual([...origin.paths()], []);
  assert.deepEqual(sim.errors, []);
}

Deno.test("random faults: order, no duplicates, newest arrives, no leaks", async () => {
  await withSeeds(25, async (random) => {
    const clock = new VirtualClock();
    await clock.run(run(new Sim(clock, random)));
  });
});
