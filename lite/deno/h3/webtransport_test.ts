import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type TransportPair,
  transportSuite,
} from "../../../tests/compliance/transport.ts";
import { MoqError } from "../../error.ts";
import { Latch } from "../../latch.ts";
import type { Clock } from "../../time.ts";
import type { ReceiveStream, Transport } from "../../transport/transport.ts";
import { selfSignedCertificate } from "../certificate.ts";
import { dialQuic } from "../connect.ts";
import { listenQuic, type QuicListener } from "../listen.ts";
import {
  type AcceptOptions,
  acceptWebTransport,
  type WebTransportRequest,
} from "./accept.ts";
import { connectWebTransport, openWebTransport } from "./connect.ts";
import { writeRequest, writeResponse } from "./connect_request.ts";
import { encodeFrame, encodePrefix } from "./frames.ts";
import { encodeFields, type Field } from "./qpack.ts";
import { encodeSettings } from "./settings.ts";

const certificate = await selfSignedCertificate();
const serverCertificateHashes = [certificate.sha256];
const ALPN = ["h3"];
const PROTOCOLS = ["moq-lite-06", "moq-lite-05"];
// Small enough for every closed stream to give its credit back at once; one more is our control stream.
const UNI_LIMIT = 6;

const hex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromHex(text.replaceAll(" ", ""));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const isCode = (code: string) => (error: unknown): boolean =>
  error instanceof MoqError && error.code === code;

/** A listener, and the connections made to it, all ended at the end of the test. */
class Server implements AsyncDisposable {
  readonly listener: QuicListener = listenQuic({
    hostname: "127.0.0.1",
    port: 0,
    cert: certificate.certPem,
    key: certificate.keyPem,
    alpn: ALPN,
    maxUniStreams: UNI_LIMIT + 1,
  });
  readonly url = new URL(`https://127.0.0.1:${this.listener.addr.port}/a?b=c`);
  readonly #conns: Deno.QuicConn[] = [];

  async next(): Promise<Deno.QuicConn> {
    for await (const conn of this.listener.incoming) {
      this.#conns.push(conn);
      return conn;
    }
    throw new Error("Expected a connection, got the end of the listener");
  }

  async accept(
    options: Partial<AcceptOptions> = {},
  ): Promise<WebTransportRequest> {
    const conn = await this.next();
    return await acceptWebTransport(conn, { protocols: PROTOCOLS, ...options });
  }

  async dial(): Promise<Deno.QuicConn> {
    const conn = await dialQuic(this.url, {
      alpn: ALPN,
      serverCertificateHashes,
    });
    this.#conns.push(conn);
    return conn;
  }

  /** A client that speaks as much HTTP/3 as it is told. */
  async raw(...control: readonly string[]): Promise<RawClient> {
    const client = new RawClient(await this.dial());
    for (const bytes of control) await client.uni(hex(bytes));
    return client;
  }

  /** A session between our client and our server, and the connection below the client. */
  async pair(): Promise<Session> {
    const [quic, request] = await Promise.all([
      this.dial().then(async (quic) => {
        const options = { protocols: PROTOCOLS };
        const opening = openWebTransport({ quic, url: this.url }, options);
        return { quic, client: await opening };
      }),
      this.accept().then((request) => request.accept()),
    ]);
    return { ...quic, server: request };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const conn of this.#conns) conn.close();
    await Promise.allSettled(this.#conns.map((conn) => conn.closed));
    this.listener.close();
  }
}

interface Session {
  readonly quic: Deno.QuicConn;
  readonly client: Transport;
  readonly server: Transport;
}

class RawClient {
  readonly quic: Deno.QuicConn;
  // The runtime closes streams without references.
  readonly #kept: unknown[] = [];

  constructor(quic: Deno.QuicConn) {
    this.quic = quic;
  }

  async uni(bytes: Uint8Array, fin = false): Promise<void> {
    const stream = await this.quic.createUnidirectionalStream();
    const writer = stream.getWriter();
    this.#kept.push(stream, writer);
    if (bytes.byteLength > 0) await writer.write(bytes);
    if (fin) await writer.close();
  }

  async bidi(bytes: Uint8Array, fin = false): Promise<ReadableStream> {
    const stream = await this.quic.createBidirectionalStream();
    const writer = stream.writable.getWriter();
    this.#kept.push(stream, writer);
    if (bytes.byteLength > 0) await writer.write(bytes);
    if (fin) await writer.close();
    return stream.readable;
  }

  /** What the server gave as the code of its CONNECTION_CLOSE. */
  async closeCode(): Promise<number> {
    return (await this.quic.closed).closeCode;
  }
}

const CONTROL = encodePrefix(0).toHex() +
  encodeFrame(4, encodeSettings()).toHex();

function headers(fields: readonly Field[]): Uint8Array {
  return encodeFrame(1, encodeFields(fields));
}

async function readAll(stream: ReceiveStream): Promise<string> {
  let all = "";
  for (;;) {
    const bytes = await stream.read(new Uint8Array(1024));
    if (!bytes) return all;
    all += new TextDecoder().decode(bytes);
  }
}

async function readHex(stream: ReadableStream): Promise<string> {
  let all = "";
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return all;
    all += value.toHex();
  }
}

async function first<T>(incoming: AsyncIterable<T>): Promise<T> {
  for await (const item of incoming) return item;
  throw new Error("Expected a stream, got the end of the transport");
}

/** A whole exchange on `session`: it is alive. */
async function assertHealthy({ client, server }: Session): Promise<void> {
  const stream = await client.openBidi();
  stream.send.write(text("alive"));
  stream.send.close();
  const accepted = await first(server.incomingBidi);
  accepted.send.write(text(await readAll(accepted.receive)));
  accepted.send.close();
  assert.equal(await readAll(stream.receive), "alive");
  const uni = await client.openUni();
  uni.write(text("too"));
  uni.close();
  assert.equal(await readAll(await first(server.incomingUni)), "too");
}

/** Time stands still; timers run when they are told to. */
class StoppedClock implements Clock {
  readonly #timers = new Map<() => void, number>();
  readonly #latch = new Latch();

  now(): number {
    return 0;
  }

  after(ms: number, then: () => void): () => void {
    const timer = () => then();
    this.#timers.set(timer, ms);
    this.#latch.wake();
    return () => this.#timers.delete(timer);
  }

  /** Runs the timers of exactly `ms`, as soon as there is one. */
  async fire(ms: number): Promise<void> {
    for (;;) {
      const due = [...this.#timers].filter(([, after]) => after === ms);
      for (const [timer] of due) timer();
      if (due.length > 0) return;
      await this.#latch.changed();
    }
  }
}

async function suitePair(): Promise<TransportPair> {
  const server = new Server();
  const pair = await server.pair();
  return { ...pair, dispose: () => server[Symbol.asyncDispose]() };
}

transportSuite("webTransportSession", suitePair, {
  stopCodes: false,
  silentStopWrites: 2,
  uniLimit: UNI_LIMIT,
});

Deno.test("acceptWebTransport: shows the request and selects a subprotocol", async () => {
  await using server = new Server();
  const headers = new Headers({
    origin: "https://example.com",
    "x-trace": "7",
  });
  const connecting = connectWebTransport(server.url, {
    protocols: ["moq-lite-07", "moq-lite-05", "moq-lite-06"],
    serverCertificateHashes,
    headers,
  });
  const request = await server.accept();
  assert.equal(request.url.href, server.url.href);
  assert.equal(request.origin, "https://example.com");
  assert.equal(request.headers.get("x-trace"), "7");
  assert.deepEqual(request.offered[0], "moq-lite-07");
  assert.equal(request.protocol, "moq-lite-05");
  const accepted = request.accept();
  assert.throws(() => request.accept(), TypeError);
  const client = await connecting;
  assert.equal(client.protocol, "moq-lite-05");
  assert.equal(accepted.protocol, "moq-lite-05");
  client.close(0, "");
  await accepted.closed;
});

Deno.test("acceptWebTransport: starts without a subprotocol if none matches", async () => {
  await using server = new Server();
  const [client, accepted] = await Promise.all([
    connectWebTransport(server.url, {
      protocols: ["moqt-16"],
      serverCertificateHashes,
    }),
    server.accept().then((request) => request.accept()),
  ]);
  assert.equal(client.protocol, undefined);
  assert.equal(accepted.protocol, undefined);
  client.close(0, "");
  await accepted.closed;
});

Deno.test("WebTransportRequest.reject: the client reads code and reason", async () => {
  await using server = new Server();
  const [client] = await Promise.all([
    connectWebTransport(server.url, {
      protocols: PROTOCOLS,
      serverCertificateHashes,
    }),
    server.accept().then((request) => request.reject(2, "unauthorized")),
  ]);
  assert.deepEqual(await client.closed, { code: 2, reason: "unauthorized" });
});

Deno.test("WebTransportRequest.refuse: the client throws with the status", async () => {
  for (
    const [status, code] of [[403, "unauthorized"], [503, "remote"]] as const
  ) {
    await using server = new Server();
    const connecting = connectWebTransport(server.url, {
      protocols: PROTOCOLS,
      serverCertificateHashes,
    });
    const refused = assert.rejects(
      connecting,
      (error) =>
        error instanceof MoqError && error.code === code &&
        error.remoteCode === status,
    );
    const request = await server.accept();
    assert.throws(() => request.refuse(200), RangeError);
    request.refuse(status);
    await refused;
  }
});

Deno.test("acceptWebTransport: a client without a request times out", async () => {
  await using server = new Server();
  const clock = new StoppedClock();
  const accepting = assert.rejects(server.accept({ clock }), isCode("timeout"));
  const { quic } = await server.raw(CONTROL);
  await clock.fire(10_000);
  await accepting;
  assert.equal((await quic.closed).closeCode, 0x100);
});

Deno.test("acceptWebTransport: an abort ends the wait and the connection", async () => {
  await using server = new Server();
  const reason = new Error("enough");
  const quic = await server.dial();
  const accepting = server.accept({ signal: AbortSignal.abort(reason) });
  await assert.rejects(accepting, (error) => error === reason);
  assert.equal((await quic.closed).closeCode, 0x100);
});

Deno.test("openWebTransport: a subprotocol that was not offered is an error", async () => {
  await using server = new Server();
  const connecting = connectWebTransport(server.url, {
    protocols: PROTOCOLS,
    serverCertificateHashes,
  });
  const refused = assert.rejects(connecting, isCode("protocol"));
  const raw = new RawClient(await server.next());
  await raw.uni(hex(CONTROL));
  const requests = raw.quic.incomingBidirectionalStreams.getReader();
  const { value } = await requests.read();
  const writer = value!.writable.getWriter();
  await writer.write(headers([[":status", "103"]]));
  await writer.write(headers(writeResponse(200, "moqt-16")));
  await refused;
  assert.equal(await raw.closeCode(), 0x0817b3dd);
});

Deno.test("connectWebTransport: reports bad certificates, silence and aborts", async () => {
  await using server = new Server();
  const options = { protocols: PROTOCOLS, serverCertificateHashes };
  const wrong = { ...options, serverCertificateHashes: [new Uint8Array(32)] };
  await assert.rejects(
    connectWebTransport(server.url, wrong),
    isCode("transport"),
  );
  const clock = new StoppedClock();
  const silent = assert.rejects(
    connectWebTransport(server.url, { ...options, clock }),
    isCode("timeout"),
  );
  await server.next();
  await clock.fire(10_000);
  await silent;
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    connectWebTransport(server.url, { ...options, signal }),
    (error) => error === signal.reason,
  );
  await assert.rejects(
    connectWebTransport(new URL("moqt://localhost"), options),
    TypeError,
  );
});

Deno.test("WebTransportSession: a FIN on the CONNECT stream is a close with 0", async () => {
  await using server = new Server();
  const raw = await server.raw(CONTROL);
  const fields = writeRequest(server.url, { protocols: [] });
  const answer = raw.bidi(headers(fields), true).then(readHex);
  const session = (await server.accept()).accept();
  assert.deepEqual(await session.closed, { code: 0, reason: "" });
  assert.equal((await answer).startsWith("01"), true);
});

Deno.test("WebTransportSession: a lost connection is an end with an error", async () => {
  await using server = new Server();
  const { quic, server: session } = await server.pair();
  quic.close({ closeCode: 0x10c, reason: "gone" });
  const { code, error } = await session.closed;
  assert.equal(code, undefined);
  assert.ok(isCode("transport")(error));
});

Deno.test("Http3Connection: a bad stream ends only itself", async () => {
  await using server = new Server();
  const session = await server.pair();
  const raw = new RawClient(session.quic);
  const none = new Uint8Array(0);
  await raw.uni(none, true);
  await raw.bidi(none, true);
  await raw.uni(hex("40"), true);
  await raw.bidi(hex("40"), true);
  await raw.bidi(hex("4041"), true);
  await raw.bidi(hex("01 10 0000"), true); // half of HEADERS
  await raw.bidi(hex("40")); // a header that never ends
  await raw.uni(hex("4054 04 00"), true); // for a session that is not there
  await raw.bidi(hex("4041 04 00"), true);
  for (const datagram of ["", "40", "01ff", "c0"]) {
    await session.quic.sendDatagram(hex(datagram));
  }
  await assertHealthy(session);
  await raw.uni(hex("21 00"), true); // a type that means nothing
  await assertHealthy(session);
  const get: Field[] = [[":method", "GET"], [":path", "/"]];
  const grease = encodeFrame(0x21, new Uint8Array(100)).toHex();
  const answers: readonly (readonly [bytes: string, status: string])[] = [
    [headers(get).toHex(), "404"],
    [grease + headers(get).toHex(), "404"],
    [headers(writeRequest(server.url, { protocols: [] })).toHex(), "429"],
  ];
  for (const [bytes, status] of answers) {
    const expected = headers(writeResponse(Number(status))).toHex();
    assert.equal(await readHex(await raw.bidi(hex(bytes))), expected);
  }
  await assertHealthy(session);
});

const REQUEST = headers(
  writeRequest(new URL("https://localhost/"), { protocols: [] }),
).toHex();

interface Violation {
  readonly what: string;
  readonly code: number;
  readonly uni?: readonly string[];
  readonly bidi?: string;
  readonly fin?: boolean;
}

const VIOLATIONS: readonly Violation[] = [
  { what: "a giant header", code: 0x107, bidi: "01 ffffffffffffffff" },
  { what: "a dynamic table reference", code: 0x200, bidi: "01 03 000080" },
  { what: "a giant frame", code: 0x107, bidi: "21 ffffffffffffffff" },
  { what: "DATA before HEADERS", code: 0x105, bidi: "00 00" },
  { what: "a session id of the server", code: 0x108, bidi: "4041 01" },
  { what: "a session id of a uni stream", code: 0x108, uni: ["4054 02"] },
  { what: "a second control stream", code: 0x103, uni: [CONTROL, CONTROL] },
  { what: "two QPACK encoder streams", code: 0x103, uni: ["02", "02"] },
  { what: "a push stream", code: 0x103, uni: ["01 00"] },
  {
    what: "a control stream without SETTINGS",
    code: 0x10a,
    uni: ["00 07 01 00"],
  },
  { what: "SETTINGS twice", code: 0x105, uni: ["00 0400 0400"] },
  { what: "DATA on the control stream", code: 0x105, uni: ["00 0400 0000"] },
  { what: "a frame of HTTP/2", code: 0x105, uni: ["00 0400 0800"] },
  { what: "broken SETTINGS", code: 0x109, uni: ["00 0402 0200"] },
  { what: "giant SETTINGS", code: 0x107, uni: ["00 04 80100000"] },
  {
    what: "the end of the control stream",
    code: 0x104,
    uni: [CONTROL],
    fin: true,
  },
  {
    what: "the end inside SETTINGS",
    code: 0x104,
    uni: ["00 0404 08"],
    fin: true,
  },
  { what: "the end of a QPACK stream", code: 0x104, uni: ["03"], fin: true },
];

Deno.test("acceptWebTransport: a violation ends only its own connection", async () => {
  await using server = new Server();
  const healthy = await server.pair();
  for (const { what, code, uni = [], bidi, fin = false } of VIOLATIONS) {
    const accepting = assert.rejects(server.accept(), MoqError, what);
    const raw = await server.raw();
    for (const bytes of uni) await raw.uni(hex(bytes), fin);
    if (bidi) await raw.bidi(hex(bidi), fin);
    await accepting;
    assert.equal(await raw.closeCode(), code, what);
  }
  await assertHealthy(healthy);
});

Deno.test("acceptWebTransport: random bytes on a stream harm no other peer", async () => {
  await using server = new Server();
  const healthy = await server.pair();
  const stream = fc.record({
    kind: fc.constantFrom("uni", "bidi"),
    prefix: fc.constantFrom("", "00", "4054", "4041", "01", REQUEST, CONTROL),
    bytes: fc.uint8Array({ maxLength: 60 }),
    fin: fc.boolean(),
  });
  const attack = fc.array(stream, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(attack, async (streams) => {
      const accepting = server.accept().then(
        (request) => request.accept(),
        (error) => assert.ok(error instanceof MoqError, String(error)),
      );
      const raw = await server.raw(CONTROL);
      for (const { kind, prefix, bytes, fin } of streams) {
        const all = hex(prefix + bytes.toHex());
        // A connection that has ended takes nothing more.
        if (kind === "uni") await raw.uni(all, fin).catch(() => {});
        else await raw.bidi(all, fin).catch(() => {});
      }
      raw.quic.close({ closeCode: 0x100, reason: "" });
      await (await accepting)?.closed;
    }),
    { numRuns: 40 },
  );
  await assertHealthy(healthy);
});

Deno.test("WebTransportSession: a violation on CONNECT ends it with an error", async () => {
  await using server = new Server();
  const broken: readonly (readonly [bytes: string, code: number])[] = [
    ["00 05 6843 03 0000", 0x10e], // a close capsule without room for a code
    ["00 06 4021 80020000", 0x10e], // an unknown capsule of 128 KiB
    [REQUEST, 0x105], // HEADERS once more
    ["00 80010001", 0x107], // DATA of 64 KiB and a byte
  ];
  for (const [bytes, code] of broken) {
    const raw = await server.raw(CONTROL);
    await raw.bidi(hex(REQUEST + bytes));
    const session = (await server.accept()).accept();
    const end = await session.closed;
    assert.ok(isCode("protocol")(end.error), bytes);
    assert.equal(await raw.closeCode(), code, bytes);
  }
});

Deno.test("WebTransportSession: skips unknown capsules and frames", async () => {
  await using server = new Server();
  const raw = await server.raw(CONTROL);
  const noise = encodeFrame(0x21, new Uint8Array(2000)).toHex() +
    "00 05 800078ae 00" + "00 04 4021 01 ff" + "00 00";
  const close = "00 08 6843 05 0000004d 78";
  await raw.bidi(hex(REQUEST + noise + close));
  const session = (await server.accept()).accept();
  assert.deepEqual(await session.closed, { code: 77, reason: "x" });
});

Deno.test("Http3Connection: drops a stalled header, not a silent stream", async () => {
  await using server = new Server();
  const clock = new StoppedClock();
  const raw = await server.raw(CONTROL);
  const silent = (await raw.quic.createUnidirectionalStream()).getWriter();
  await raw.bidi(headers(writeRequest(server.url, { protocols: [] })));
  const session = (await server.accept({ clock })).accept();
  const stalled = await raw.bidi(hex("40"));
  // A stream behind it that arrives says that the stalled one has arrived.
  await raw.bidi(hex("4041 00"), true);
  await first(session.incomingBidi);
  await clock.fire(5_000);
  assert.equal(await readHex(stalled), "");
  await silent.write(hex("4054 00 6869"));
  await silent.close();
  assert.equal(await readAll(await first(session.incomingUni)), "hi");
});

Deno.test("acceptWebTransport: Deno's own client gets its bytes back and closes", async () => {
  await using server = new Server();
  const accepting = server.accept();
  const native = new WebTransport(server.url, {
    serverCertificateHashes: [{
      algorithm: "sha-256",
      value: certificate.sha256,
    }],
  });
  // Deno rejects it when the connection ends first.
  const nativeClosed = native.closed.catch(() => undefined);
  const session = (await accepting).accept();
  await native.ready;
  const stream = await native.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(text("to and fro") as Uint8Array<ArrayBuffer>);
  const { send, receive } = await first(session.incomingBidi);
  const bytes = await receive.read(new Uint8Array(64));
  send.write(bytes!.slice());
  send.close();
  const answer = await stream.readable.getReader().read();
  assert.equal(new TextDecoder().decode(answer.value), "to and fro");
  native.close({ closeCode: 7, reason: "bye" });
  const { code } = await session.closed;
  assert.equal(code, 7);
  await nativeClosed;
});
