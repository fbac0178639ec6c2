/**
 * Our qmux with `@moq/qmux`, at both ends, in every wire format; and sessions of
 * `@moq/net` over our transport. Both come from npm.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MoqError } from "../../lite/error.ts";
import type {
  BidiStream,
  ReceiveStream,
  SendStream,
  Transport,
} from "../../lite/transport/transport.ts";
import {
  connectWebSocket,
  webSocketTransport,
} from "../../lite/transport/websocket.ts";
import { loadQmux } from "./npm/bundle.ts";
import type { QmuxSession } from "./npm/qmux.ts";

const npm = await loadQmux();

const ALPN = "moq-lite-05";
// Their code leaves timers running for a while after a close.
const UNSANITIZED = { sanitizeOps: false, sanitizeResources: false };

interface Joined {
  readonly ours: Transport;
  readonly theirs: QmuxSession;
  readonly url: URL;
  dispose(): Promise<void>;
}

interface End<T> {
  readonly end: T;
  /** Resolves when the server's runtime has finished with the socket. */
  readonly over: Promise<void>;
}

/** Serves one client; `make` creates a session from the upgraded socket. */
function serveOne<T>(
  protocol: string,
  make: (socket: WebSocket) => T,
): { readonly url: URL; accepted: Promise<End<T>>; stop(): Promise<void> } {
  const accepted = Promise.withResolvers<End<T>>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol });
      const over = new Promise<void>((resolve) => {
        socket.addEventListener("close", () => resolve());
      });
      accepted.resolve({ end: make(socket), over });
      return response;
    },
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
  return { url, accepted: accepted.promise, stop: () => server.shutdown() };
}

async function weServe(protocol: string): Promise<Joined> {
  const role = "server";
  const { url, accepted, stop } = serveOne(
    protocol,
    (socket) => webSocketTransport(socket, { role, protocol }),
  );
  const wire = protocol.split(".")[0] as "qmux-01";
  const theirs = new npm.QmuxSession(
    url,
    protocol === "webtransport"
      ? {}
      : { protocols: [ALPN], versions: { [ALPN]: wire } },
  );
  await theirs.ready;
  const { end: ours, over } = await accepted;
  const dispose = async (): Promise<void> => {
    ours.close(0, "");
    await Promise.all([settled(theirs.closed), over]);
    await stop();
  };
  return { ours, theirs, url, dispose };
}

async function theyServe(protocol: string): Promise<Joined> {
  const { url, accepted, stop } = serveOne(
    protocol,
    (socket) => npm.QmuxSession.accept(socket, { protocol }),
  );
  const ours = await connectWebSocket(url, { protocols: [ALPN] });
  const { end: theirs, over } = await accepted;
  await theirs.ready;
  const dispose = async (): Promise<void> => {
    ours.close(0, "");
    await Promise.all([settled(theirs.closed), over]);
    await stop();
  };
  return { ours, theirs, url, dispose };
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await Promise.allSettled([promise]);
}

async function accept<T>(incoming: AsyncIterable<T>): Promise<T> {
  for await (const stream of incoming) return stream;
  throw new Error("The session ended without a stream");
}

async function readOurs(stream: ReceiveStream): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const bytes = await stream.read(new Uint8Array(65_536));
    if (!bytes) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    chunks.push(bytes);
  }
}

async function readTheirs(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
}

async function writeOurs(stream: SendStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += 30_000) {
    assert.equal(await stream.ready(), true);
    stream.write(bytes.subarray(at, at + 30_000));
  }
  stream.close();
}

async function writeTheirs(
  stream: WritableStream<Uint8Array>,
  bytes: Uint8Array,
): Promise<void> {
  const writer = stream.getWriter();
  await writer.write(bytes);
  await writer.close();
}

async function next<T>(stream: ReadableStream<T>): Promise<T> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  assert.ok(value !== undefined, "The iterator ended without an item");
  return value;
}

const text = (value: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(value);
const untext = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const PROTOCOLS = ["qmux-02", "qmux-01", "qmux-00"].map((w) => `${w}.${ALPN}`);
for (const protocol of [...PROTOCOLS, "qmux-02", "webtransport"]) {
  for (
    const [who, join] of [["we serve", weServe], [
      "they serve",
      theyServe,
    ]] as const
  ) {
    const rule = (what: string, body: (joined: Joined) => Promise<void>) =>
      Deno.test(
        `@moq/qmux ${protocol}, ${who}: ${what}`,
        UNSANITIZED,
        async () => {
          const joined = await join(protocol);
          try {
            await body(joined);
          } finally {
            await joined.dispose();
          }
        },
      );

    rule("both ends agree on the protocol", ({ ours, theirs }) => {
      assert.equal(ours.protocol ?? "", theirs.protocol);
      return Promise.resolve();
    });

    rule("both kinds of streams, both ways", async ({ ours, theirs }) => {
      const mine = await ours.openBidi();
      mine.send.write(text("ping"));
      mine.send.close();
      const accepted = await next(theirs.incomingBidirectionalStreams);
      assert.equal(untext(await readTheirs(accepted.readable)), "ping");
      await writeTheirs(accepted.writable, text("pong"));
      assert.equal(untext(await readOurs(mine.receive)), "pong");

      const yours = await theirs.createBidirectionalStream();
      await writeTheirs(yours.writable, text("ping"));
      const { send, receive } = await accept(ours.incomingBidi);
      assert.equal(untext(await readOurs(receive)), "ping");
      send.write(text("pong"));
      send.close();
      assert.equal(untext(await readTheirs(yours.readable)), "pong");
    });

    rule("3 MB both ways at once", async ({ ours, theirs }) => {
      const bytes = Uint8Array.from({ length: 3_000_001 }, (_, i) => i >> 5);
      const [up, down] = await Promise.all([
        ours.openUni(),
        theirs.createUnidirectionalStream(),
      ]);
      const results = await Promise.all([
        next(theirs.incomingUnidirectionalStreams).then(readTheirs),
        accept(ours.incomingUni).then(readOurs),
        writeOurs(up, bytes),
        writeTheirs(down, bytes),
      ]);
      assert.deepEqual(results[0], bytes);
      assert.deepEqual(results[1], bytes);
    });

    rule("600 streams each way", async ({ ours, theirs }) => {
      const count = 600;
      const sendOurs = async (): Promise<void> => {
        for (let i = 0; i < count; i++) {
          await writeOurs(await ours.openUni(), new Uint8Array(100).fill(i));
        }
      };
      const sendTheirs = async (): Promise<void> => {
        for (let i = 0; i < count; i++) {
          const stream = await theirs.createUnidirectionalStream();
          await writeTheirs(stream, new Uint8Array(100).fill(i));
        }
      };
      const takeOurs = async (): Promise<number> => {
        let bytes = 0;
        let seen = 0;
        for await (const stream of ours.incomingUni) {
          bytes += (await readOurs(stream)).byteLength;
          if (++seen === count) break;
        }
        return bytes;
      };
      const takeTheirs = async (): Promise<number> => {
        let bytes = 0;
        for (let i = 0; i < count; i++) {
          const stream = await next(theirs.incomingUnidirectionalStreams);
          bytes += (await readTheirs(stream)).byteLength;
        }
        return bytes;
      };
      const [a, b] = await Promise.all([
        takeOurs(),
        takeTheirs(),
        sendOurs(),
        sendTheirs(),
      ]);
      assert.deepEqual([a, b], [count * 100, count * 100]);
    });

    rule("resets and stops carry their codes", async ({ ours, theirs }) => {
      const mine = await ours.openUni();
      mine.write(text("x"));
      const seen = await next(theirs.incomingUnidirectionalStreams);
      mine.reset(9);
      await assert.rejects(readTheirs(seen), { streamErrorCode: 9 });

      const yours = await theirs.createUnidirectionalStream();
      const writer = yours.getWriter();
      await writer.write(text("x"));
      const received = await accept(ours.incomingUni);
      await writer.abort(new npm.StreamError(11));
      await assert.rejects(
        readOurs(received),
        (error) => error instanceof MoqError && error.remoteCode === 11,
      );

      const stopped = await ours.openUni();
      stopped.write(text("x"));
      const unwanted = await next(theirs.incomingUnidirectionalStreams);
      await unwanted.cancel(new npm.StreamError(12));
      assert.equal(await stopped.stopped, 12);

      const refused = await theirs.createUnidirectionalStream();
      const refusedWriter = refused.getWriter();
      await refusedWriter.write(text("x"));
      (await accept(ours.incomingUni)).stop(13);
      await assert.rejects(refusedWriter.closed, { streamErrorCode: 13 });
    });

    rule("our close reaches them", async ({ ours, theirs }) => {
      ours.close(42, "enough");
      const { closeCode, reason } = await theirs.closed;
      assert.deepEqual([closeCode, reason], [42, "enough"]);
    });

    rule("their close reaches us", async ({ ours, theirs }) => {
      theirs.close({ closeCode: 43, reason: "bye" });
      assert.deepEqual(await ours.closed, { code: 43, reason: "bye" });
    });

    if (!/^qmux-0[12]/.test(protocol)) continue;
    rule("datagrams both ways", async ({ ours, theirs }) => {
      // Credit for a stream shows that the parameters have arrived, on either side.
      await Promise.all([ours.openUni(), theirs.createUnidirectionalStream()]);
      assert.equal(ours.datagrams!.maxBytes, theirs.datagrams.maxDatagramSize);
      ours.datagrams!.send(new Uint8Array(ours.datagrams!.maxBytes).fill(1));
      assert.equal((await next(theirs.datagrams.readable))[16_000], 1);
      const writer = theirs.datagrams.writable.getWriter();
      await writer.write(
        new Uint8Array(theirs.datagrams.maxDatagramSize).fill(2),
      );
      assert.equal((await accept(ours.datagrams!.incoming))[16_000], 2);
    });
  }
}

// `@moq/net` uses send orders of 53 bits.
function i32(sendOrder = 0): number {
  return Math.min(Math.max(sendOrder, -(2 ** 31)), 2 ** 31 - 1);
}

/** Our transport with the part of the browser's `WebTransport` that `@moq/net` uses. */
function asWebTransport(transport: Transport): WebTransport {
  const readable = (from: ReceiveStream): ReadableStream<Uint8Array> =>
    new ReadableStream({
      async pull(controller) {
        try {
          const bytes = await from.read(new Uint8Array(65_536));
          if (bytes) controller.enqueue(bytes);
          else controller.close();
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: () => from.stop(0),
    }, { highWaterMark: 0 });
  const writable = (to: SendStream): WritableStream<Uint8Array> =>
    new WritableStream({
      async write(chunk) {
        if (!await to.ready()) throw new Error("Stopped");
        to.write(chunk);
      },
      close: () => to.close(),
      abort: () => to.reset(0),
    });
  const bidi = ({ send, receive }: BidiStream) => ({
    readable: readable(receive),
    writable: writable(send),
  });
  const stream = <T, U>(
    from: AsyncIterable<T>,
    as: (item: T) => U,
  ): ReadableStream<U> => {
    const items = from[Symbol.asyncIterator]();
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await items.next();
        if (done) controller.close();
        else controller.enqueue(as(value));
      },
    }, { highWaterMark: 0 });
  };
  const datagrams = transport.datagrams && {
    readable: stream(transport.datagrams.incoming, (payload) => payload),
    writable: new WritableStream<Uint8Array>({
      write: (payload) => transport.datagrams!.send(payload),
    }),
    get maxDatagramSize() {
      return transport.datagrams!.maxBytes;
    },
  };
  return {
    protocol: transport.protocol ?? "",
    ready: Promise.resolve(),
    closed: transport.closed.then(({ code, reason }) => ({
      closeCode: code ?? 0,
      reason,
    })),
    datagrams,
    incomingBidirectionalStreams: stream(transport.incomingBidi, bidi),
    incomingUnidirectionalStreams: stream(transport.incomingUni, readable),
    createBidirectionalStream: async (o: { sendOrder?: number } = {}) =>
      bidi(await transport.openBidi({ sendOrder: i32(o.sendOrder) })),
    createUnidirectionalStream: async (o: { sendOrder?: number } = {}) =>
      writable(await transport.openUni({ sendOrder: i32(o.sendOrder) })),
    close: ({ closeCode = 0, reason = "" } = {}) =>
      transport.close(closeCode, reason),
  } as unknown as WebTransport;
}

for (const protocol of [...PROTOCOLS, "webtransport"]) {
  for (
    const [who, join] of [["we serve", weServe], [
      "they serve",
      theyServe,
    ]] as const
  ) {
    Deno.test(
      `@moq/net over @moq/qmux ${protocol}, ${who}: reads a broadcast`,
      UNSANITIZED,
      async () => {
        const { ours, theirs, url, dispose } = await join(protocol);
        const mine = asWebTransport(ours);
        const other = theirs as unknown as WebTransport;
        const [accepting, connecting] = join === weServe
          ? [mine, other]
          : [other, mine];
        const [server, client] = await Promise.all([
          npm.Net.Connection.accept(accepting, url),
          npm.Net.Connection.connect(url, { transport: connecting }),
        ]);
        const broadcast = new npm.Net.Broadcast.Producer();
        server.publish(npm.Net.Path.from("room/alice"), broadcast);
        const announced = await client.announced().next();
        assert.equal(announced?.path, "room/alice");
        const chat = broadcast.createTrack("chat");
        let isRead = false;
        const serving = (async () => {
          while (!isRead) {
            chat.writeString("hello");
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        })();
        const track = client.consume(npm.Net.Path.from("room/alice")).track(
          "chat",
        )
          .subscribe();
        for (let i = 0; i < 5; i++) {
          assert.equal(await track.readString(), "hello");
        }
        isRead = true;
        track.close();
        await serving;
        client.close();
        server.close();
        await dispose();
      },
    );
  }
}
