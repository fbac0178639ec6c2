/**
 * A large room on one relay, over sessions in memory and in virtual time: every
 * message reaches every reader, once and in order, even after lost connections.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { CatalogProducer } from "@moq-deno/hang";
import { ChatRoom, ChatWriter } from "@moq-deno/hang/chat";
import {
  BroadcastProducer,
  Connection,
  openSession,
  Origin,
  type Session,
  sleep,
} from "@moq-deno/lite";
import type {
  DialSessionOptions,
  SessionDialer,
} from "@moq-deno/lite/internal";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";

const MEMBERS = 1000;
const READERS = 2;
// The relay's default.
const STREAMS = 1024;
const MESSAGES = 300;
const INTERVAL_MS = 100;
// A Sunday.
const EPOCH_MS = Date.UTC(2026, 1, 1);

/** CPU time of this process, which other programs on the machine do not change. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A relay in memory that people connect to. */
class Relay implements SessionDialer {
  readonly origin: Origin;
  readonly #clock: VirtualClock;
  readonly #sessions: Session[] = [];
  #lines: AbortController[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.origin = new Origin({ clock });
  }

  dial(options: Partial<DialSessionOptions>): Promise<Session> {
    const line = new AbortController();
    this.#lines.push(line);
    const [near, far] = memoryPair({
      protocol: "moq-lite-06",
      signal: line.signal,
      maxBidiStreams: STREAMS,
    });
    const [clock, { origin }] = [this.#clock, this];
    const ours = openSession(far, {
      hop: origin.hop,
      cache: origin.cache,
      clock,
      readable: origin.scope(),
      writable: origin.scope(),
    });
    const theirs = openSession(near, { ...options, clock });
    this.#sessions.push(ours, theirs);
    return Promise.resolve(theirs);
  }

  /** Cuts every line silently. */
  cut(): void {
    const lines = this.#lines;
    this.#lines = [];
    for (const line of lines) line.abort();
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.close();
    await Promise.all(this.#sessions.map((session) => session.closed));
  }
}

/** A member who only writes, over a session that requests nothing. */
async function writer(
  relay: Relay,
  { clock, name }: { readonly clock: VirtualClock; readonly name: string },
): Promise<ChatWriter> {
  const own = new Origin({ clock });
  const broadcast = new BroadcastProducer();
  const writer = new ChatWriter(broadcast, { clock, epochMs: EPOCH_MS });
  new CatalogProducer(broadcast).update({
    user: { name },
    chat: writer.section,
  });
  own.publish(`room/${name}`, broadcast);
  await relay.dial({ readable: own.scope(), hop: own.hop });
  return writer;
}

function reader(connection: Connection, clock: VirtualClock): ChatRoom {
  const remote = connection.remote.scope();
  return new ChatRoom({
    room: "room",
    remote,
    clock,
    epochMs: EPOCH_MS,
    maxMembers: MEMBERS,
  });
}

Deno.test(`ChatRoom: messages of ${MEMBERS} members reach every reader in order`, async (t) => {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  const names = Array.from({ length: MEMBERS }, (_, at) => `m${at}`);
  const writers: ChatWriter[] = [];
  for (const name of names) writers.push(await writer(relay, { clock, name }));
  await clock.advance(10);
  const connections = Array.from(
    { length: READERS },
    () => new Connection(relay, { clock }),
  );
  const joiningMs = cpuMs();
  const rooms = connections.map((connection) => reader(connection, clock));
  await clock.advance(20_000);
  const joinMs = cpuMs() - joiningMs;
  for (const room of rooms) {
    const ready = room.members().filter(({ canWrite }) => canWrite);
    assert.equal(ready.length, MEMBERS);
  }
  const expected: string[] = [];
  const writingMs = cpuMs();
  for (let count = 0; count < MESSAGES; count++) {
    // Interleaved, so that members do not write one after the other.
    const at = count * 617 % MEMBERS;
    writers[at]!.send(`message ${count}`);
    expected.push(`m${at}: message ${count}`);
    await clock.advance(INTERVAL_MS);
  }
  const writeMs = cpuMs() - writingMs;
  for (const room of rooms) {
    assert.deepEqual(
      room.messages().map(({ name, text }) => `${name}: ${text}`),
      expected,
    );
    assert.ok(room.members().every(({ problem }) => problem === undefined));
  }
  const pairs = MEMBERS * READERS;
  await t.step(
    `CPU, both ends and the relay: ${
      (joinMs / pairs).toFixed(2)
    } ms to follow a member, ${
      (writeMs * 1000 / (MESSAGES * READERS)).toFixed(0)
    } µs per message and reader`,
    () => {},
  );
  for (const room of rooms) room.close();
  for (const connection of connections) connection.close();
  for (const writer of writers) writer.close();
  await clock.run(
    Promise.all([relay.close(), ...connections.map(({ closed }) => closed)]),
  );
});

Deno.test("ChatRoom: messages written offline arrive once after reconnecting", async () => {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  const names = ["ada", "bob", "cy"];
  const connections = names.map(() => new Connection(relay, { clock }));
  const rooms = names.map((name, at) => {
    const { local, remote } = connections[at]!;
    const scopes = { local: local.scope(), remote: remote.scope() };
    return new ChatRoom({ room: "room", name, clock, ...scopes });
  });
  await clock.advance(1000);
  const expected: string[] = [];
  for (let count = 0; count < 60; count++) {
    const at = count % names.length;
    rooms[at]!.send(`message ${count}`);
    expected.push(`${names[at]}: message ${count}`);
    if (count % 10 === 5) relay.cut();
    await clock.run(sleep(clock, 300));
  }
  await clock.advance(20_000);
  for (const room of rooms) {
    assert.deepEqual(
      room.messages().map(({ name, text }) => `${name}: ${text}`),
      expected,
    );
  }
  for (const room of rooms) room.close();
  for (const connection of connections) connection.close();
  await clock.run(
    Promise.all([relay.close(), ...connections.map(({ closed }) => closed)]),
  );
});
