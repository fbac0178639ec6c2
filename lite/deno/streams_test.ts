import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { quicReceiveStream, QuicSendStream } from "./streams.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** A sink that takes one chunk per `release`, as a stream out of credit does. */
function slowSink(): {
  readonly stream: WritableStream<Chunk>;
  readonly taken: string[];
  release(error?: Error): void;
} {
  const taken: string[] = [];
  let gate = Promise.withResolvers<void>();
  return {
    taken,
    stream: new WritableStream<Chunk>({
      async write(chunk): Promise<void> {
        await gate.promise;
        gate = Promise.withResolvers();
        taken.push(new TextDecoder().decode(chunk));
      },
      close: () => void taken.push("FIN"),
      abort: () => void taken.push("abort"),
    }),
    release: (error) => error ? gate.reject(error) : gate.resolve(),
  };
}

const text = (value: string): Chunk => new TextEncoder().encode(value);

Deno.test("QuicSendStream: a reset sends what was written, then FIN", async () => {
  const sink = slowSink();
  const flushed: Promise<void>[] = [];
  const stream = new QuicSendStream(sink.stream, (done) => flushed.push(done));
  stream.write(text("a"));
  stream.write(text("cut"));
  const waiting = stream.ready();
  stream.reset(9);
  stream.write(text("late"));
  assert.equal(await waiting, false);
  assert.equal(await stream.stopped, undefined);
  sink.release();
  while (sink.taken.length < 1) await Promise.resolve();
  sink.release();
  await flushed[0];
  assert.deepEqual(sink.taken, ["a", "cut", "FIN"]);
  assert.equal(flushed.length, 1);
});

Deno.test("QuicSendStream: ready waits for what was written", async () => {
  const sink = slowSink();
  const stream = new QuicSendStream(sink.stream);
  assert.equal(await stream.ready(), true);
  stream.write(text("a"));
  const abort = new AbortController();
  const given = stream.ready(abort.signal);
  abort.abort();
  assert.equal(await given, false);
  const waiting = stream.ready();
  sink.release();
  assert.equal(await waiting, true);
  assert.deepEqual(sink.taken, ["a"]);
});

Deno.test("QuicSendStream: the peer's stop is read out of a pending write", async () => {
  const sink = slowSink();
  const stream = new QuicSendStream(sink.stream);
  stream.write(text("a"));
  const waiting = stream.ready();
  sink.release(new Error("sending stopped by peer: error 91141958510818"));
  assert.equal(await waiting, false);
  assert.equal(await stream.stopped, 7);
  stream.write(text("b"));
  stream.close();
  stream.reset(1);
});

Deno.test("QuicSendStream: a lost connection is a stop without a code", async () => {
  const sink = slowSink();
  const stream = new QuicSendStream(sink.stream);
  stream.write(text("a"));
  stream.close();
  sink.release(new Error("connection lost"));
  assert.equal(await stream.stopped, undefined);
});

Deno.test("quicReceiveStream: the leftover comes first and keeps the reader's buffer", async () => {
  const source = new ReadableStream({
    type: "bytes",
    start(controller): void {
      controller.enqueue(text("world"));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  const stream = quicReceiveStream(source, text("hello "));
  let into: Chunk = new Uint8Array(4);
  const read: string[] = [];
  for (;;) {
    const bytes = await stream.read(into);
    if (!bytes) break;
    read.push(new TextDecoder().decode(bytes));
    into = new Uint8Array(bytes.buffer);
    assert.equal(into.byteLength, 4);
  }
  assert.deepEqual(read, ["hell", "o ", "worl", "d"]);
});

Deno.test("quicReceiveStream: failures are ours, with the plain code", async () => {
  const failing = (message: string) =>
    quicReceiveStream(
      new ReadableStream({
        type: "bytes",
        pull: () => Promise.reject(new Error(message)),
      }),
    ).read(new Uint8Array(4));
  await assert.rejects(
    failing("stream reset by peer: error 91141958510890"),
    (error) =>
      error instanceof MoqError && error.code === "remote" &&
      error.remoteCode === 77,
  );
  await assert.rejects(failing("connection lost"), { code: "transport" });
});
