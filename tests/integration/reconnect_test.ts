import assert from "node:assert/strict";
import {
  BroadcastProducer,
  Connection,
  type ConnectionStatus,
  MoqError,
  openSession,
  Origin,
  type Session,
} from "@moq-deno/lite";
import type {
  DialSessionOptions,
  SessionDialer,
} from "@moq-deno/lite/internal";
import { reconnect } from "@moq-deno/lite/deno";
import { memoryPair, VirtualClock } from "@moq-deno/lite/testing";
import { startRelay } from "@moq-deno/relay/server";

const SHUTTING_DOWN = new MoqError("going-away", "Relay is shutting down");

/** A relay that can be switched off, and counts dials. */
class Relay implements SessionDialer {
  readonly origin: Origin;
  readonly dials: number[] = [];
  refusal: MoqError | undefined;
  /** Whether dials get no answer. */
  isSilent = false;
  /** Whether admitted peers are asked to leave at once. */
  isLeaving = false;
  readonly #clock: VirtualClock;
  readonly #sessions: Session[] = [];
  readonly #lines: AbortController[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.origin = new Origin({ clock });
  }

  dial(options: DialSessionOptions): Promise<Session> {
    this.dials.push(this.#clock.now());
    if (this.refusal) return Promise.reject(this.refusal);
    if (this.isSilent) return aborted(options.signal);
    const line = new AbortController();
    const [client, server] = memoryPair({
      protocol: "moq-lite-06",
      signal: line.signal,
    });
    const { origin } = this;
    const clock = this.#clock;
    const ours = openSession(server, {
      hop: origin.hop,
      clock,
      readable: origin.scope(),
      writable: origin.scope(),
    });
    const theirs = openSession(client, { ...options, clock });
    if (this.isLeaving) ours.close(SHUTTING_DOWN);
    this.#sessions.push(ours, theirs);
    this.#lines.push(line);
    return Promise.resolve(theirs);
  }

  cut(): void {
    this.#lines.at(-1)?.abort();
  }

  get last(): Session {
    return this.#sessions.at(-2)!;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.close();
    await Promise.all(this.#sessions.map((session) => session.closed));
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
}

async function reach(
  connection: Connection,
  state: ConnectionStatus["state"],
): Promise<ConnectionStatus> {
  for await (const status of connection.statuses()) {
    if (status.state === state) return status;
  }
  throw new Error(`The connection ended before it was ${state}`);
}

/** Waits for another session than `old`; fails if there is a gap without one. */
async function leave(connection: Connection, old: Session): Promise<void> {
  for await (const status of connection.statuses()) {
    assert.equal(status.state, "connected");
    if (connection.session !== old) return;
  }
}

Deno.test("Connection: publishes again after the line was cut", async () => {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  const connection = new Connection(relay, { clock });
  try {
    await clock.run(reach(connection, "connected"));
    connection.local.publish("room/me", new BroadcastProducer());
    relay.origin.publish("room/other", new BroadcastProducer());
    const theirs = relay.origin.announced("room/me")[Symbol.asyncIterator]();
    const ours = connection.remote.announced("room/other")
      [Symbol.asyncIterator]();
    const kinds = async (): Promise<(string | undefined)[]> =>
      (await Promise.all([theirs.next(), ours.next()])).map(({ value }) =>
        value?.kind
      );
    assert.deepEqual(await clock.run(kinds()), ["start", "start"]);
    relay.cut();
    assert.deepEqual(await clock.run(kinds()), ["end", "end"]);
    assert.deepEqual(await clock.run(kinds()), ["start", "start"]);
    assert.equal(relay.dials.length, 2);
    await theirs.return?.();
    await ours.return?.();
  } finally {
    connection.close();
    await clock.run(connection.closed);
    await clock.run(relay.close());
  }
});

Deno.test("Connection: backs off exponentially up to its ceiling", async () => {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  relay.refusal = new MoqError("transport", "No relay there");
  const options = { clock, initialDelayMs: 100, maxDelayMs: 800 };
  const connection = new Connection(relay, options);
  await clock.advance(10_000);
  connection.close();
  assert.equal(await clock.run(connection.closed), undefined);
  const pauses = relay.dials.slice(1).map((at, i) => at - relay.dials[i]!);
  const ceilings = [100, 200, 400, 800, 800, 800];
  for (const [index, ceiling] of ceilings.entries()) {
    const pause = pauses[index]!;
    assert.ok(
      pause >= ceiling / 2 && pause <= ceiling,
      `Expected pause ${index} from ${
        ceiling / 2
      } to ${ceiling} ms, got ${pause}`,
    );
  }
});

Deno.test("Connection: gives up when the peer refuses for good", async () => {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  relay.refusal = new MoqError("unauthorized", "Not you");
  const connection = new Connection(relay, { clock });
  const error = await clock.run(connection.closed);
  assert.equal(error?.code, "unauthorized");
  assert.equal(relay.dials.length, 1);
  assert.deepEqual(connection.status, { state: "closed", error });
});

Deno.test("Connection: GOAWAY starts a second session before the first one ends", async () => {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  const connection = new Connection(relay, { clock });
  try {
    await clock.run(reach(connection, "connected"));
    const first = connection.session!;
    let hasEnded = false;
    first.closed.then(() => hasEnded = true);
    const draining = relay.last.drain(60_000);
    await clock.run(leave(connection, first));
    assert.equal(hasEnded, false);
    first.close();
    await clock.run(draining);
  } finally {
    connection.close();
    await clock.run(connection.closed);
    await clock.run(relay.close());
  }
});

for (
  const [manner, hinder] of [
    ["was refused", (relay: Relay) => relay.refusal = SHUTTING_DOWN],
    ["got no answer", (relay: Relay) => relay.isSilent = true],
    [
      "was admitted and then sent away",
      (relay: Relay) => relay.isLeaving = true,
    ],
  ] as const
) {
  Deno.test(`Connection: retries soon after it had to move and ${manner}`, async () => {
    const clock = new VirtualClock();
    const relay = new Relay(clock);
    const connection = new Connection(relay, { clock });
    try {
      await clock.run(reach(connection, "connected"));
      hinder(relay);
      await clock.run(relay.last.drain(10_000));
      const goneMs = clock.now();
      relay.refusal = undefined;
      relay.isSilent = false;
      relay.isLeaving = false;
      await clock.run(reach(connection, "connected"));
      assert.ok(clock.now() - goneMs <= 500, `${clock.now() - goneMs} ms`);
      assert.ok(relay.dials.length < 10, `${relay.dials.length} dials`);
    } finally {
      connection.close();
      await clock.run(connection.closed);
      await clock.run(relay.close());
    }
  });
}

Deno.test("reconnect: a refusal over raw QUIC is final and gives the reason", async () => {
  const relay = await startRelay([
    ...["--listen", "127.0.0.1:0", "--auth-public", "anon/**"],
  ]);
  const [{ port } = { port: 0 }] = relay.addresses;
  const connection = reconnect(`moqt://127.0.0.1:${port}/other`, {
    serverCertificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
  });
  try {
    const error = await connection.closed;
    assert.equal(error?.code, "unauthorized");
    assert.match(error.message, /No public access at "other"$/);
  } finally {
    await relay.close();
  }
});
