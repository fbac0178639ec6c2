import assert from "node:assert/strict";
import {
  BroadcastProducer,
  Cache,
  MoqError,
  openSession,
  Origin,
  protocolOf,
  type Session,
  sleep,
  type TrackProducer,
  type Version,
} from "@moq-deno/lite";
import { memoryPair } from "@moq-deno/lite/testing";
import type {
  BidiStream,
  SendStream,
  Transport,
} from "@moq-deno/lite/transport";
import { hasSetupStream } from "../../lite/wire/version.ts";
import { VirtualClock } from "../../lite/transport/virtual_clock.ts";
import { answer, datagram, mutated, pushes, requests } from "./messages.ts";
import { type Random, withSeeds } from "./random.ts";

const CAPACITY_BYTES = 64 * 1024;

/** Leaves a stream in a random way after writing to it. */
function leave(random: Random, stream: SendStream): void {
  const way = random.below(4);
  if (way === 0) stream.close();
  if (way === 1) stream.reset(random.below(80));
}

/** A peer that sends random messages. */
class Attacker {
  readonly #transport: Transport;
  readonly #random: Random;
  readonly #version: Version;
  // Milder attackers get further.
  readonly #wildness: number;

  constructor(transport: Transport, random: Random, version: Version) {
    this.#transport = transport;
    this.#random = random;
    this.#version = version;
    this.#wildness = random.pick([0.02, 0.1, 0.3, 1]);
  }

  /** Opens streams of every kind. */
  async run(): Promise<void> {
    const random = this.#random;
    if (hasSetupStream(this.#version)) await this.#setup();
    for (let i = 0; i < 16; i++) {
      if (random.chance(0.5)) {
        const { send, receive } = await this.#transport.openBidi();
        this.#say(send, random.pick(requests(random, this.#version)));
        if (random.chance(0.2)) receive.stop(random.below(80));
      } else {
        const send = await this.#transport.openUni();
        this.#say(send, random.pick(pushes(random, this.#version)));
      }
      if (random.chance(0.2)) {
        this.#transport.datagrams?.send(this.#twist(datagram(random)));
      }
      await Promise.resolve();
    }
  }

  async #setup(): Promise<void> {
    const stream = await this.#transport.openUni();
    stream.write(this.#twist(Uint8Array.of(1, 4, 1, 5, 1, 9)));
    stream.close();
  }

  #twist(bytes: Uint8Array): Uint8Array {
    const isWild = this.#random.chance(this.#wildness);
    return isWild ? mutated(this.#random, bytes) : bytes;
  }

  #say(stream: SendStream, bytes: Uint8Array): void {
    stream.write(this.#twist(bytes));
    leave(this.#random, stream);
  }

  /** Answers every request. */
  async answer(): Promise<void> {
    for await (const stream of this.#transport.incomingBidi) {
      await this.#answerOne(stream).catch(() => {}); // the other end has closed it
    }
  }

  async #answerOne({ send, receive }: BidiStream): Promise<void> {
    const chunk = await receive.read(new Uint8Array(256));
    const context = { random: this.#random, version: this.#version };
    this.#say(send, answer(chunk?.[0] ?? 0, context));
  }
}

/** Uses the attacker as if it were honest; every error must be a `MoqError`. */
async function trust(session: Session, clock: VirtualClock): Promise<void> {
  const track = session.consume("evil0").track("video");
  const leaving = new AbortController();
  const { signal } = leaving;
  const read = async (sequence?: number): Promise<void> => {
    if (sequence !== undefined) {
      const group = await track.fetch(sequence, { signal });
      await Array.fromAsync(group.frames(signal));
      return;
    }
    for await (const group of track.subscribe({ signal })) {
      await Array.fromAsync(group.frames(signal)).catch(expectMoqError);
    }
  };
  const listen = async (): Promise<void> => {
    for await (const { kind } of session.announced("", signal)) {
      assert.ok(kind);
    }
  };
  const all = [read(), read(3), track.info(signal), listen()];
  const ended = Promise.all(all.map((one) => one.catch(expectMoqError)));
  await sleep(clock, 20_000);
  leaving.abort(new MoqError("cancelled", "Enough"));
  await ended;
}

function expectMoqError(error: unknown): void {
  assert.ok(error instanceof MoqError, `${error}`);
  assert.notEqual(error.code, "internal", `${error.message}`);
}

interface Relay {
  readonly origin: Origin;
  readonly track: TrackProducer;
  readonly errors: unknown[];
  join(version: Version, reliableReset: boolean): [Transport, Session];
}

function relay(clock: VirtualClock): Relay {
  const cache = new Cache({ clock, capacityBytes: CAPACITY_BYTES });
  const origin = new Origin({ clock, cache });
  const broadcast = new BroadcastProducer({ cache });
  const track = broadcast.createTrack("video");
  origin.publish("live", broadcast);
  const errors: unknown[] = [];
  const join = (
    version: Version,
    reliableReset: boolean,
  ): [Transport, Session] => {
    const protocol = protocolOf(version);
    const [near, far] = memoryPair({ protocol, reliableReset });
    const session = openSession(far, {
      hop: origin.hop,
      cache,
      clock,
      readable: origin.scope(),
      writable: origin.scope(),
      limits: { announcements: 3, subscriptions: 4 },
      log: { error: (message, fields) => errors.push([message, fields]) },
    });
    return [near, session];
  };
  return { origin, track, errors, join };
}

function write(track: TrackProducer, text: string): void {
  const payload = new TextEncoder().encode(text);
  track.writeFrame({ timestamp: 0, payload });
}

async function attack(
  { version, reliableReset, random, clock }: {
    readonly version: Version;
    readonly reliableReset: boolean;
    readonly random: Random;
    readonly clock: VirtualClock;
  },
): Promise<void> {
  const { origin, track, errors, join } = relay(clock);
  const [wire, victim] = join(version, reliableReset);
  const [near, bystander] = join("06", true);
  const viewer = openSession(near, { clock });
  const reader = viewer.consume("live").track("video").subscribe();

  const attacker = new Attacker(wire, random, version);
  const answering = attacker.answer();
  const running = attacker.run().catch(() => {}); // its session was closed
  const trusting = trust(victim, clock);
  write(track, "during");
  await running;
  await trusting;
  write(track, "after");
  for (let text = ""; text !== "after";) {
    const group = await reader.next();
    for await (const { payload } of group!.frames()) {
      text = new TextDecoder().decode(payload);
    }
  }
  reader.close();
  victim.close();
  viewer.close();
  await Promise.all([
    victim.closed,
    viewer.closed,
    bystander.closed,
    answering,
  ]);
  assert.deepEqual(errors, []);
  assert.deepEqual([...origin.paths()], ["live"]);
  assert.ok(origin.cache.bytes <= CAPACITY_BYTES, `${origin.cache.bytes}`);
}

for (const version of ["06", "05", "04", "03"] as const) {
  for (const reliableReset of [true, false]) {
    const kind = reliableReset ? "resets" : "FIN for reset";
    Deno.test(`Session: random messages harm no other peer (${version}, ${kind})`, async () => {
      await withSeeds(60, async (random) => {
        const clock = new VirtualClock();
        await clock.run(attack({ version, reliableReset, random, clock }));
      });
    });
  }
}
