import assert from "node:assert/strict";
import {
  type TransportPair,
  transportSuite,
} from "../../tests/compliance/transport.ts";
import { MoqError } from "../error.ts";
import {
  connectBrowserWebTransport,
  webTransportTransport,
} from "./webtransport.ts";
import type {
  WebBidiStreamLike,
  WebDatagramsLike,
  WebTransportLike,
} from "./webtransport_like.ts";
import { streamError } from "./webtransport_streams.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type CloseInfo = { closeCode: number; reason: string };

const WINDOW_BYTES = 64 * 1024;
const MAX_DATAGRAMS = 5000;

/** One direction of a stream: real web streams, whose errors and back-pressure cross over as they do in a browser. */
class Pipe {
  readonly readable: ReadableStream<Bytes>;
  readonly writable: WritableStream<Bytes>;
  #controller!: TransformStreamDefaultController<Bytes>;
  #hasFin = false;

  constructor(isByteStream: boolean) {
    const { readable, writable } = new TransformStream<Bytes, Bytes>(
      {
        start: (controller) => void (this.#controller = controller),
        flush: () => void (this.#hasFin = true),
      },
      { highWaterMark: 1 },
      { highWaterMark: WINDOW_BYTES, size: (chunk) => chunk.byteLength },
    );
    this.writable = writable;
    this.readable = isByteStream ? byteStream(readable) : readable;
  }

  /** The session has ended: what was not finished never will be. */
  fail(error: Error): void {
    if (!this.#hasFin) this.#controller.error(error);
  }
}

function byteStream(from: ReadableStream<Bytes>): ReadableStream<Bytes> {
  const reader = from.getReader();
  return new ReadableStream({
    type: "bytes",
    async pull(controller): Promise<void> {
      const { value, done } = await reader.read();
      if (!done) return controller.enqueue(value.slice());
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

class Queue<T> {
  readonly stream: ReadableStream<T>;
  #controller!: ReadableStreamDefaultController<T>;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
    });
  }

  push(item: T): void {
    this.#controller.enqueue(item);
  }

  fail(error: Error): void {
    this.#controller.error(error);
  }
}

/** One end of a session that looks like a browser's. */
class FakeSession implements WebTransportLike {
  readonly ready = Promise.resolve();
  protocol: string | undefined = "moq-lite-06";
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Bytes>>;
  readonly incomingBidirectionalStreams: ReadableStream<WebBidiStreamLike>;
  readonly datagrams: WebDatagramsLike;
  readonly closed: Promise<CloseInfo>;
  peer!: FakeSession;
  streamLimit = Infinity;
  readonly #isByteStream: boolean;
  readonly #closed = Promise.withResolvers<CloseInfo>();
  readonly #uni = new Queue<ReadableStream<Bytes>>();
  readonly #bidi = new Queue<WebBidiStreamLike>();
  readonly #datagrams = new Queue<Bytes>();
  readonly #pipes: Pipe[] = [];
  #hasEnded = false;

  constructor(isByteStream: boolean) {
    this.#isByteStream = isByteStream;
    this.closed = this.#closed.promise;
    this.closed.catch(() => {
      // Not every test uses both ends.
    });
    this.incomingUnidirectionalStreams = this.#uni.stream;
    this.incomingBidirectionalStreams = this.#bidi.stream;
    this.datagrams = {
      maxDatagramSize: 1200,
      readable: this.#datagrams.stream,
      writable: new WritableStream({
        write: (chunk) => this.peer.#datagrams.push(chunk),
      }, { highWaterMark: MAX_DATAGRAMS }),
    };
  }

  #pipe(): Pipe {
    if (this.#hasEnded) {
      throw new DOMException("No longer connected", "InvalidStateError");
    }
    if (this.#pipes.length >= this.streamLimit) {
      throw new DOMException("Failed to create send stream.", "NetworkError");
    }
    const pipe = new Pipe(this.#isByteStream);
    this.#pipes.push(pipe);
    return pipe;
  }

  // deno-lint-ignore require-await
  async createUnidirectionalStream(): Promise<WritableStream<Bytes>> {
    const { readable, writable } = this.#pipe();
    this.peer.#uni.push(readable);
    return writable;
  }

  // deno-lint-ignore require-await
  async createBidirectionalStream(): Promise<WebBidiStreamLike> {
    const there = this.#pipe();
    const back = this.#pipe();
    const { readable } = there;
    this.peer.#bidi.push({ readable, writable: back.writable });
    return { readable: back.readable, writable: there.writable };
  }

  close(info?: CloseInfo): void {
    this.end(info ?? { closeCode: 0, reason: "" });
  }

  /** Ends both ends: with a close, or as a lost connection. */
  end(how: CloseInfo | Error): void {
    for (const session of [this, this.peer]) session.#finish(how);
  }

  #finish(how: CloseInfo | Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const error = new Error("The session is closed.");
    const queues = [this.#uni, this.#bidi, this.#datagrams];
    // What arrived before can still be accepted, as in a browser; the loops end behind it.
    for (const queue of queues) queueMicrotask(() => queue.fail(error));
    for (const pipe of this.#pipes) pipe.fail(error);
    if (how instanceof Error) this.#closed.reject(how);
    else this.#closed.resolve(how);
  }
}

function fakePair(isByteStream: boolean): [FakeSession, FakeSession] {
  const client = new FakeSession(isByteStream);
  const server = new FakeSession(isByteStream);
  client.peer = server;
  server.peer = client;
  return [client, server];
}

function suitePair(isByteStream: boolean): () => Promise<TransportPair> {
  return () => {
    const [client, server] = fakePair(isByteStream);
    return Promise.resolve({
      client: webTransportTransport(client),
      server: webTransportTransport(server),
      dispose(): Promise<void> {
        client.close();
        return Promise.resolve();
      },
    });
  };
}

const options = { sendOrder: false };
transportSuite("webTransportTransport", suitePair(false), options);
transportSuite("webTransportTransport, BYOB", suitePair(true), options);

const isCode = (code: string) => (error: unknown): boolean =>
  error instanceof MoqError && error.code === code;

Deno.test("webTransportTransport: the stream limit is lagged, and passes", async () => {
  const [session] = fakePair(false);
  const transport = webTransportTransport(session);
  session.streamLimit = 0;
  await assert.rejects(transport.openUni(), isCode("lagged"));
  await assert.rejects(transport.openBidi(), isCode("lagged"));
  session.streamLimit = 1;
  const stream = await transport.openUni();
  assert.equal(await stream.ready(), true);
  transport.close(0, "");
});

Deno.test("webTransportTransport: passes the send order to the browser", async () => {
  const [session] = fakePair(false);
  const create = session.createUnidirectionalStream.bind(session);
  const asked: unknown[] = [];
  session.createUnidirectionalStream = (...args: unknown[]) => {
    asked.push(...args);
    return create();
  };
  const transport = webTransportTransport(session);
  await transport.openUni({ sendOrder: -7 });
  assert.deepEqual(asked, [{ sendOrder: -7, waitUntilAvailable: true }]);
  transport.close(0, "");
});

Deno.test("webTransportTransport: a stream that comes after the abort is reset", async () => {
  const [session, peer] = fakePair(false);
  const gate = Promise.withResolvers<void>();
  const create = session.createUnidirectionalStream.bind(session);
  session.createUnidirectionalStream = () => gate.promise.then(create);
  const transport = webTransportTransport(session);
  const abort = new AbortController();
  const opening = transport.openUni({ signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(opening, (error) => error === abort.signal.reason);
  gate.resolve();
  for await (const stream of webTransportTransport(peer).incomingUni) {
    await assert.rejects(
      stream.read(new Uint8Array(1)),
      (error) => error instanceof MoqError && error.remoteCode === 0,
    );
    break;
  }
  transport.close(0, "");
});

Deno.test("webTransportTransport: a lost connection is an end with an error", async () => {
  const [session] = fakePair(false);
  const transport = webTransportTransport(session);
  const stream = await transport.openBidi();
  session.end(new Error("Connection lost."));
  const { code, reason, error } = await transport.closed;
  assert.equal(code, undefined);
  assert.equal(reason, "Connection lost.");
  assert.ok(isCode("transport")(error));
  await assert.rejects(
    stream.receive.read(new Uint8Array(1)),
    isCode("transport"),
  );
  await assert.rejects(transport.openUni(), isCode("transport"));
});

Deno.test("webTransportTransport: its loops end with the session", async () => {
  const [client] = fakePair(false);
  const never = { incomingUnidirectionalStreams: new ReadableStream() };
  const transport = webTransportTransport(
    new Proxy(client, {
      get(target, name) {
        const value = Reflect.get(name in never ? never : target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  );
  const streams = Array.fromAsync(transport.incomingUni);
  transport.close(0, "");
  assert.deepEqual(await streams, []);
});

Deno.test("webTransportTransport: reports the browser's measurements", async () => {
  const [session] = fakePair(false);
  assert.equal(webTransportTransport(session).report, undefined);
  const measured = { smoothedRtt: 12.5, estimatedSendRate: null };
  const measuring = Object.assign(session, {
    getStats: () => Promise.resolve(measured),
  });
  const transport = webTransportTransport(measuring);
  assert.deepEqual(await transport.report?.(), {
    rttMs: 12.5,
    bitrateBps: undefined,
  });
  measuring.getStats = () => Promise.reject(new Error("Gone"));
  assert.deepEqual(await transport.report?.(), {});
  session.close();
});

Deno.test("webTransportTransport: no subprotocol is undefined", () => {
  const [session] = fakePair(false);
  const transport = webTransportTransport(session);
  assert.equal(transport.protocol, "moq-lite-06");
  for (const protocol of ["", undefined]) {
    session.protocol = protocol;
    assert.equal(transport.protocol, undefined);
  }
  session.close();
});

/** Runs `body` with `name` of the global object replaced. */
async function withGlobal(
  name: string,
  value: unknown,
  body: () => Promise<void> | void,
): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true });
  try {
    await body();
  } finally {
    if (before) Object.defineProperty(globalThis, name, before);
    else Reflect.deleteProperty(globalThis, name);
  }
}

interface ErrorInit {
  readonly message?: string;
  readonly streamErrorCode?: number;
}

class ChromiumError extends Error {
  readonly streamErrorCode: number | null;
  constructor(init: ErrorInit = {}) {
    if (typeof init !== "object") throw new TypeError("Expected a dictionary");
    super(init.message);
    this.streamErrorCode = init.streamErrorCode ?? null;
  }
}

class StandardError extends Error {
  readonly streamErrorCode: number | null;
  constructor(message = "", init: ErrorInit = {}) {
    super(String(message));
    this.streamErrorCode = init.streamErrorCode ?? null;
  }
}

Deno.test("streamError: carries the code with any form of the constructor", async () => {
  for (const constructor of [ChromiumError, StandardError, undefined]) {
    await withGlobal("WebTransportError", constructor, () => {
      const error = streamError(77);
      assert.equal(error.streamErrorCode, 77);
      assert.ok(error instanceof (constructor ?? Error));
    });
  }
});

Deno.test("connectBrowserWebTransport: requests an unshared connection", async () => {
  const [session] = fakePair(false);
  const calls: unknown[][] = [];
  function construct(...args: unknown[]): FakeSession {
    calls.push(args);
    return session;
  }
  const value = Uint8Array.of(1, 2, 3);
  await withGlobal("WebTransport", construct, async () => {
    const transport = await connectBrowserWebTransport(
      new URL("https://localhost/a?b=c"),
      { protocols: ["moq-lite-06"], serverCertificateHashes: [value] },
    );
    assert.equal(transport.protocol, "moq-lite-06");
    transport.close(0, "");
  });
  assert.deepEqual(calls, [["https://localhost/a?b=c", {
    allowPooling: false,
    congestionControl: "low-latency",
    protocols: ["moq-lite-06"],
    serverCertificateHashes: [{ algorithm: "sha-256", value }],
  }]]);
});

Deno.test("connectBrowserWebTransport: failure, abort and a runtime without it", async () => {
  const url = new URL("https://localhost/");
  const options = { protocols: [] };
  const [session] = fakePair(false);
  const ready = Promise.withResolvers<void>();
  const pending = Object.create(session, {
    ready: { value: ready.promise },
    closed: { value: ready.promise },
    close: {
      value: () => ready.reject(new Error("Opening handshake failed.")),
    },
  });
  const construct = function (): FakeSession {
    return pending;
  };
  await withGlobal("WebTransport", construct, async () => {
    const abort = new AbortController();
    const { signal } = abort;
    const connecting = connectBrowserWebTransport(url, { ...options, signal });
    abort.abort(new Error("enough"));
    await assert.rejects(connecting, (error) => error === signal.reason);
    await assert.rejects(
      connectBrowserWebTransport(url, options),
      isCode("transport"),
    );
  });
  await withGlobal("WebTransport", undefined, async () => {
    await assert.rejects(
      connectBrowserWebTransport(url, options),
      isCode("unsupported"),
    );
  });
  await assert.rejects(
    connectBrowserWebTransport(new URL("moqt://localhost"), options),
    TypeError,
  );
});
