/**
 * Rules for every transport, run once per adapter: `transportSuite(name, pair)`
 * registers one test per rule of the contract in `lite/transport/transport.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MoqError, systemClock } from "@moq-deno/lite";
import { deadline } from "@moq-deno/lite/internal";
import type {
  ReceiveStream,
  SendStream,
  Transport,
} from "@moq-deno/lite/transport";

/** A new connection, one per test. */
export interface TransportPair {
  /** Either end; the suite uses both alike. */
  readonly client: Transport;
  /** The other end. */
  readonly server: Transport;
  /** Closes both and frees their resources. */
  dispose(): Promise<void>;
}

/** What a transport cannot do because its runtime does not offer it. */
export interface SuiteOptions {
  /** `false`: the peer's stop code is lost and reads as 0. Default `true`. */
  readonly stopCodes?: boolean | undefined;
  /** Most writes to a silent stream until its sender notices a stop, including the write that fails. Default 1. */
  readonly silentStopWrites?: number | undefined;
  /** `false`: there is one ordered channel below, where nothing overtakes. Default `true`. */
  readonly sendOrder?: boolean | undefined;
  /** Unidirectional streams that the server lets the client open; an even number. Absent: opening never waits. */
  readonly uniLimit?: number | undefined;
}

type Body = (pair: TransportPair) => Promise<void>;

const GUARD_MS = 30_000;
const QUIET_MS = 100;

/** Registers the suite for one adapter; `pair` makes a connection. */
export function transportSuite(
  name: string,
  pair: () => Promise<TransportPair>,
  options: SuiteOptions = {},
): void {
  const rule = (what: string, body: Body): void =>
    Deno.test(`${name}: ${what}`, () => guarded(pair, body));
  streamRules(rule);
  endingRules(rule, options);
  pressureRules(rule, options);
  closeRules(rule);
  datagramRules(rule);
}

type Rule = (what: string, body: Body) => void;

function streamRules(rule: Rule): void {
  rule("a bidirectional echo ends with FIN", async ({ client, server }) => {
    const echo = echoOnce(server);
    const stream = await client.openBidi();
    stream.send.write(text("to and fro"));
    stream.send.close();
    assert.equal(untext(await readAll(stream.receive)), "to and fro");
    await echo;
  });

  rule("the server opens streams too", async ({ client, server }) => {
    const echo = echoOnce(client);
    const stream = await server.openBidi();
    stream.send.write(text("back"));
    stream.send.close();
    assert.equal(untext(await readAll(stream.receive)), "back");
    await echo;
    const uni = await server.openUni();
    uni.write(text("push"));
    uni.close();
    const received = await accept(client.incomingUni);
    assert.equal(untext(await readAll(received)), "push");
  });

  rule(
    "bytes stay intact in pieces of odd sizes",
    async ({ client, server }) => {
      const total = 1_300_007;
      const sent = Uint8Array.from({ length: total }, (_, i) => (i * 31) >> 3);
      const stream = await client.openUni();
      const writing = (async () => {
        for (
          let at = 0, size = 1;
          at < total;
          at += size, size = size * 3 + 1
        ) {
          size = Math.min(size, 65_521, total - at);
          assert.equal(await stream.ready(), true);
          stream.write(sent.subarray(at, at + size));
        }
        stream.close();
      })();
      const received = await readAll(await accept(server.incomingUni), 4093);
      await writing;
      assert.equal(received.byteLength, total);
      assert.deepEqual(received, sent);
    },
  );

  rule("a FIN before any byte is an empty stream", async (pair) => {
    const stream = await pair.client.openUni();
    stream.close();
    const received = await accept(pair.server.incomingUni);
    assert.equal(await received.read(new Uint8Array(8)), undefined);
  });

  rule("reading after the end ends again", async (pair) => {
    const stream = await pair.client.openUni();
    stream.write(text("all"));
    stream.close();
    const received = await accept(pair.server.incomingUni);
    const into = new Uint8Array(8);
    assert.equal(untext((await received.read(into))!), "all");
    const scratch = new Uint8Array(8);
    for (let i = 0; i < 3; i++) {
      // The same buffer each time, whatever happened to it.
      assert.equal(await received.read(scratch), undefined);
    }
    received.stop(7);
    assert.equal(await received.read(scratch), undefined);
  });

  rule("2000 short streams leak nothing", async (pair) => {
    const total = 2000;
    const sending = (async () => {
      for (let i = 0; i < total; i++) {
        const stream = await pair.client.openUni();
        stream.write(Uint8Array.of(i & 255));
        stream.close();
      }
    })();
    let seen = 0;
    let sum = 0;
    for await (const stream of pair.server.incomingUni) {
      const bytes = await readAll(stream);
      sum += bytes[0] ?? NaN;
      if (++seen === total) break;
    }
    await sending;
    const expected = Array.from({ length: total }, (_, i) => i & 255)
      .reduce((a, b) => a + b);
    assert.equal(sum, expected);
  });
}

function endingRules(
  rule: Rule,
  { stopCodes = true, silentStopWrites = 1 }: SuiteOptions,
): void {
  rule("a reset is not an end", async ({ client, server }) => {
    const stream = await client.openUni();
    stream.write(text("abc"));
    const received = await accept(server.incomingUni);
    const first = await received.read(new Uint8Array(3));
    stream.reset(9);
    stream.reset(10);
    assert.equal(await stream.ready(), false);
    assert.equal(await stream.stopped, undefined);
    if (client.reliableReset) {
      await assert.rejects(() => readAll(received), isRemote(9));
    } else {
      // A FIN: everything written before it arrives, so the writer must have ended inside a frame.
      const rest = await readAll(received);
      assert.equal(untext(join([first!, rest])), "abc");
    }
  });

  rule("reading after a reset fails again", async (pair) => {
    const stream = await pair.client.openUni();
    stream.write(text("a"));
    const received = await accept(pair.server.incomingUni);
    const first = await received.read(new Uint8Array(8));
    assert.equal(untext(first!), "a");
    stream.reset(9);
    const scratch = new Uint8Array(8);
    for (let i = 0; i < 3; i++) {
      if (pair.client.reliableReset) {
        await assert.rejects(received.read(scratch), isRemote(9));
      } else {
        assert.equal(await received.read(scratch), undefined);
      }
    }
  });

  rule("a reset sends nothing written after it", async (pair) => {
    const stream = await pair.client.openUni();
    stream.write(text("a"));
    stream.reset(0);
    stream.write(text("b"));
    stream.close();
    const received = await accept(pair.server.incomingUni);
    if (pair.client.reliableReset) {
      await assert.rejects(() => readAll(received), isRemote(0));
    } else {
      assert.equal(untext(await readAll(received)), "a");
    }
  });

  rule("a reset before any byte is harmless", async (pair) => {
    const early = await pair.client.openUni();
    early.reset(4);
    const bidi = await pair.client.openBidi();
    bidi.send.reset(4);
    bidi.receive.stop(4);
    const stream = await pair.client.openUni();
    stream.write(text("after"));
    stream.close();
    // The transport decides whether the early reset is visible at all.
    for await (const received of pair.server.incomingUni) {
      const content = await readAll(received).catch((error) => {
        assert.ok(isRemote(4)(error), String(error));
        return new Uint8Array(0);
      });
      if (content.byteLength === 0) continue;
      assert.equal(untext(content), "after");
      break;
    }
  });

  rule("a close wins over a later reset", async ({ client, server }) => {
    const stream = await client.openUni();
    stream.write(text("whole"));
    stream.close();
    stream.reset(9);
    stream.close();
    const received = await accept(server.incomingUni);
    assert.equal(untext(await readAll(received)), "whole");
  });

  rule("a stop reaches the writer", async ({ client, server }) => {
    const stream = await client.openUni();
    stream.write(text("x"));
    const received = await accept(server.incomingUni);
    await received.read(new Uint8Array(1));
    received.stop(7);
    received.stop(8);
    await assert.rejects(received.read(new Uint8Array(1)), isCode("cancelled"));
    while (await stream.ready()) {
      stream.write(new Uint8Array(1000));
      await turn();
    }
    assert.equal(await stream.stopped, stopCodes ? 7 : 0);
  });

  rule("a stop ends a pending read", async ({ client, server }) => {
    const stream = await client.openUni();
    stream.write(text("x"));
    const received = await accept(server.incomingUni);
    await received.read(new Uint8Array(1));
    const reading = received.read(new Uint8Array(1));
    received.stop(7);
    await assert.rejects(reading, isCode("cancelled"));
  });

  rule("a stop reaches the writer of a silent stream", async (pair) => {
    const { client, server } = pair;
    const incoming = server.incomingBidi[Symbol.asyncIterator]();
    const roundTrip = async (): Promise<void> => {
      const { send, receive } = await client.openBidi();
      send.close();
      (await incoming.next()).value!.send.close();
      await readAll(receive);
    };
    const stream = await client.openUni();
    stream.write(text("x"));
    const received = await accept(server.incomingUni);
    await received.read(new Uint8Array(1));
    const reading = received.read(new Uint8Array(1));
    received.stop(7);
    await assert.rejects(reading, isCode("cancelled"));
    await roundTrip();
    let writes = 0;
    while (await stream.ready()) {
      stream.write(text("y"));
      writes++;
      await roundTrip();
    }
    assert.ok(writes <= silentStopWrites, `${writes} writes`);
    assert.equal(await stream.stopped, stopCodes ? 7 : 0);
  });

  rule("a reset of one half leaves the other", async (pair) => {
    const stream = await pair.client.openBidi();
    stream.send.write(text("q"));
    stream.send.reset(3);
    const accepted = await accept(pair.server.incomingBidi);
    accepted.send.write(text("answer"));
    accepted.send.close();
    assert.equal(untext(await readAll(stream.receive)), "answer");
  });
}

function pressureRules(rule: Rule, options: SuiteOptions): void {
  rule("ready waits while the peer does not read", async (pair) => {
    const stream = await pair.client.openUni();
    let written = await writeUntilBlocked(stream);
    // Blocked, not ended: reading unblocks it.
    const received = await accept(pair.server.incomingUni);
    const chunk = new Uint8Array(64 * 1024);
    const writing = (async () => {
      assert.equal(await stream.ready(), true);
      stream.write(chunk);
      written += chunk.byteLength;
      stream.close();
    })();
    const { byteLength } = await readAll(received);
    await writing;
    assert.equal(byteLength, written);
  });

  rule("one blocked stream does not block another", async (pair) => {
    const blocked = await pair.client.openUni();
    await writeUntilBlocked(blocked);
    const other = await pair.client.openUni();
    other.write(text("free"));
    other.close();
    const incoming = pair.server.incomingUni[Symbol.asyncIterator]();
    await incoming.next();
    const { value } = await incoming.next();
    assert.equal(untext(await readAll(value!)), "free");
  });

  if (options.sendOrder ?? true) {
    rule("a higher send order overtakes", async ({ client, server }) => {
      const low = await client.openUni({ sendOrder: -5 });
      const high = await client.openUni({ sendOrder: 2 ** 31 - 1 });
      const size = 192 * 1024;
      low.write(new Uint8Array(size).fill(1));
      high.write(new Uint8Array(size).fill(2));
      low.close();
      high.close();
      const read = new Map([[1, 0], [2, 0]]);
      let lowWhenHighEnded = Infinity;
      const drain = async (stream: ReceiveStream): Promise<void> => {
        let label = 0;
        for (let into = new Uint8Array(64 * 1024);;) {
          const bytes = await stream.read(into);
          if (!bytes) break;
          label = bytes[0]!;
          read.set(label, read.get(label)! + bytes.byteLength);
          into = new Uint8Array(bytes.buffer);
        }
        if (label === 2) lowWhenHighEnded = read.get(1)!;
      };
      const incoming = server.incomingUni[Symbol.asyncIterator]();
      const streams = [incoming.next(), incoming.next()];
      await Promise.all(streams.map(async (s) => drain((await s).value!)));
      assert.deepEqual([...read.values()], [size, size]);
      assert.ok(
        lowWhenHighEnded < size / 2,
        `Expected the low stream to wait, ${lowWhenHighEnded} of ${size} bytes were first`,
      );
    });
  }

  rule("a send order outside i32 is misuse", async ({ client }) => {
    for (const sendOrder of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
      await assert.rejects(client.openUni({ sendOrder }), RangeError);
      await assert.rejects(client.openBidi({ sendOrder }), RangeError);
    }
  });

  const { uniLimit } = options;
  if (uniLimit === undefined) return;
  rule("open waits at the stream limit", async ({ client, server }) => {
    const open: SendStream[] = [];
    for (let i = 0; i < uniLimit; i++) {
      const stream = await client.openUni();
      stream.write(Uint8Array.of(1));
      open.push(stream);
    }
    const wait = deadline(systemClock, QUIET_MS);
    await assert.rejects(
      client.openUni({ signal: wait.signal }),
      (error) => error === wait.signal.reason,
    );
    const late = client.openUni({ sendOrder: 3 });
    // Half of them, because credit may return in batches.
    const ended = uniLimit / 2;
    for (const stream of open.slice(0, ended)) stream.close();
    const incoming = server.incomingUni[Symbol.asyncIterator]();
    for (let i = 0; i < ended; i++) {
      await readAll((await incoming.next()).value!);
    }
    const stream = await late;
    stream.write(text("late"));
    stream.close();
    for (let i = ended; i < uniLimit; i++) await incoming.next();
    const { value } = await incoming.next();
    assert.equal(untext(await readAll(value!)), "late");
  });
}

function closeRules(rule: Rule): void {
  rule("an abort ends ready and open", async ({ client }) => {
    const abort = new AbortController();
    const stream = await client.openUni();
    await writeUntilBlocked(stream);
    const waiting = stream.ready(abort.signal);
    const reason = new Error("enough");
    abort.abort(reason);
    assert.equal(await waiting, false);
    assert.equal(await stream.ready(abort.signal), false);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(client.openUni({ signal: abort.signal }), isReason);
    await assert.rejects(client.openBidi({ signal: abort.signal }), isReason);
  });

  for (const from of ["client", "server"] as const) {
    rule(`the ${from} closes with code and reason`, async (pair) => {
      const near = pair[from];
      const far = pair[from === "client" ? "server" : "client"];
      near.close(42, "enough for today");
      near.close(43, "again");
      for (const end of [near, far]) {
        const { code, reason } = await end.closed;
        assert.deepEqual({ code, reason }, {
          code: 42,
          reason: "enough for today",
        });
        end.close(44, "late");
      }
    });
  }

  rule(
    "close first sends data of closed streams",
    async ({ client, server }) => {
      const stream = await client.openUni();
      stream.write(text("last words"));
      stream.close();
      client.close(0, "");
      const received = await accept(server.incomingUni);
      assert.equal(untext(await readAll(received)), "last words");
    },
  );

  rule("the end of the transport ends all its streams", async (pair) => {
    const { client, server } = pair;
    const loops = [client, server].flatMap((end) => [
      drainLoop(end.incomingUni),
      drainLoop(end.incomingBidi),
    ]);
    const mine = await client.openBidi();
    mine.send.write(text("x"));
    const reading = mine.receive.read(new Uint8Array(8));
    const blocked = await client.openUni();
    await writeUntilBlocked(blocked);
    const waiting = blocked.ready();
    server.close(5, "over");
    await assert.rejects(reading, isCode("transport"));
    assert.equal(await waiting, false);
    assert.equal(await blocked.stopped, undefined);
    await client.closed;
    await Promise.all(loops);
    await assert.rejects(client.openUni(), isCode("transport"));
    await assert.rejects(server.openBidi(), isCode("transport"));
    mine.send.write(text("into the void"));
    mine.send.close();
    mine.receive.stop(1);
    assert.equal(await blocked.ready(), false);
    client.datagrams?.send(text("into the void"));
  });
}

function datagramRules(rule: Rule): void {
  rule(
    "datagrams arrive in order, if supported",
    async ({ client, server }) => {
      const out = client.datagrams;
      const back = server.datagrams;
      if (!out || !back) return;
      assert.ok(
        out.maxBytes >= 1000,
        `Expected 1000 bytes, got ${out.maxBytes}`,
      );
      out.send(new Uint8Array(100_000));
      const flood = 3000;
      for (let i = 0; i < flood; i++) {
        out.send(Uint8Array.of(i >> 8, i & 255));
      }
      // Nothing reads yet; a stream's round trip shows that the flood is over.
      const echo = echoOnce(server);
      const stream = await client.openBidi();
      stream.send.close();
      await readAll(stream.receive);
      await echo;
      out.send(text("marker"));
      let last = -1;
      let count = 0;
      for await (const payload of back.incoming) {
        if (untext(payload) === "marker") break;
        const index = payload[0]! * 256 + payload[1]!;
        assert.ok(index > last, `Expected more than ${last}, got ${index}`);
        last = index;
        count++;
      }
      assert.ok(count > 0 && count <= flood);
    },
  );
}

async function guarded(
  make: () => Promise<TransportPair>,
  body: Body,
): Promise<void> {
  const pair = await make();
  const guard = deadline(systemClock, GUARD_MS);
  const late = new Promise<never>((_, reject) => {
    guard.signal.onabort = () => reject(guard.signal.reason);
  });
  try {
    await Promise.race([body(pair), late]);
  } finally {
    guard.clear();
    await pair.dispose();
  }
}

async function writeUntilBlocked(stream: SendStream): Promise<number> {
  const chunk = new Uint8Array(64 * 1024);
  for (let written = 0;;) {
    const wait = deadline(systemClock, QUIET_MS);
    const isReady = await stream.ready(wait.signal);
    wait.clear();
    if (!isReady) return written;
    stream.write(chunk);
    written += chunk.byteLength;
    assert.ok(written < 64 * 1024 * 1024, "Expected back-pressure, got none");
  }
}

async function echoOnce(end: Transport): Promise<void> {
  const { receive, send } = await accept(end.incomingBidi);
  send.write(await readAll(receive));
  send.close();
}

async function accept<T>(incoming: AsyncIterable<T>): Promise<T> {
  for await (const stream of incoming) return stream;
  throw new Error("The transport ended without a stream");
}

async function drainLoop<T>(incoming: AsyncIterable<T>): Promise<void> {
  for await (const _ of incoming);
}

async function readAll(
  stream: ReceiveStream,
  size = 64 * 1024,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (let into = new Uint8Array(size);;) {
    const bytes = await stream.read(into);
    if (!bytes) return join(chunks);
    assert.ok(bytes.byteLength > 0, "Expected at least one byte, got none");
    chunks.push(bytes.slice());
    into = new Uint8Array(bytes.buffer);
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

// One turn of the event loop, so that a real network can run.
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof MoqError && error.code === code;
}

function isRemote(remoteCode: number): (error: unknown) => boolean {
  return (error) =>
    error instanceof MoqError && error.code === "remote" &&
    error.remoteCode === remoteCode;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const untext = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
