import assert from "node:assert/strict";
import {
  type TransportPair,
  transportSuite,
} from "../../tests/compliance/transport.ts";
import { MoqError } from "../error.ts";
import { selfSignedCertificate } from "./certificate.ts";
import { connectQuic, type QuicConnection } from "./connect.ts";
import {
  listenQuic,
  type ListenQuicOptions,
  type QuicListener,
} from "./listen.ts";
import { quicTransport } from "./quic.ts";

const ALPN = "moq-lite-04";
const certificate = await selfSignedCertificate();
const hashes = { serverCertificateHashes: [certificate.sha256] };

function listen(options: Partial<ListenQuicOptions> = {}): QuicListener {
  return listenQuic({
    hostname: "127.0.0.1",
    port: 0,
    cert: certificate.certPem,
    key: certificate.keyPem,
    alpn: [ALPN],
    ...options,
  });
}

function urlOf(listener: QuicListener): URL {
  return new URL(`moqt://127.0.0.1:${listener.addr.port}`);
}

async function accept(listener: QuicListener): Promise<Deno.QuicConn> {
  for await (const conn of listener.incoming) return conn;
  throw new Error("Expected a connection, got the end of the listener");
}

async function quicPair(): Promise<TransportPair> {
  const listener = listen({ maxUniStreams: 10 });
  const [{ transport: client }, conn] = await Promise.all([
    connectQuic(urlOf(listener), { alpn: [ALPN], ...hashes }),
    accept(listener),
  ]);
  const server = quicTransport(conn);
  return {
    client,
    server,
    async dispose(): Promise<void> {
      client.close(0, "");
      await Promise.all([client.closed, server.closed]);
      listener.close();
    },
  };
}

transportSuite("quicTransport", quicPair, {
  stopCodes: false,
  silentStopWrites: 2,
  uniLimit: 10,
});

Deno.test("listenQuic: wrong protocols and garbage end nothing", async () => {
  const failed: unknown[] = [];
  const listener = listen({
    log: { debug: (_message, fields) => failed.push(fields?.["error"]) },
  });
  const url = urlOf(listener);
  const accepting = accept(listener);
  const rejected = { name: "MoqError", code: "transport" };
  await assert.rejects(
    connectQuic(url, { alpn: ["no-such-protocol"], ...hashes }),
    rejected,
  );
  await assert.rejects(
    connectQuic(url, {
      alpn: [ALPN],
      serverCertificateHashes: [new Uint8Array(32)],
    }),
    rejected,
  );
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  for (let size = 1; size <= 1300; size += 100) {
    const noise = crypto.getRandomValues(new Uint8Array(size));
    await socket.send(noise, listener.addr as Deno.NetAddr);
  }
  socket.close();
  const { transport } = await connectQuic(url, { alpn: [ALPN], ...hashes });
  const conn = await accepting;
  assert.equal(conn.protocol, ALPN);
  assert.equal(transport.protocol, ALPN);
  assert.ok(failed.length > 0);
  transport.close(0, "");
  await Promise.all([transport.closed, conn.closed]);
  listener.close();
});

Deno.test("listenQuic: a reload changes the certificate of new connections only", async () => {
  const renewed = await selfSignedCertificate();
  const listener = listen();
  const incoming = listener.incoming[Symbol.asyncIterator]();
  const dial = (hash: Uint8Array<ArrayBuffer>): Promise<QuicConnection> =>
    connectQuic(urlOf(listener), {
      alpn: [ALPN],
      serverCertificateHashes: [hash],
    });
  const old = await dial(certificate.sha256);
  const oldConn = await incoming.next();
  assert.throws(() => listener.reload({ cert: "nonsense", key: "nonsense" }), {
    name: "MoqError",
    code: "transport",
  });
  listener.reload({ cert: renewed.certPem, key: renewed.keyPem });
  await assert.rejects(dial(certificate.sha256), { code: "transport" });
  const fresh = await dial(renewed.sha256);
  await incoming.next();
  const oldServer = quicTransport(oldConn.value!);
  const stream = await old.transport.openUni();
  stream.write(Uint8Array.of(1));
  for await (const received of oldServer.incomingUni) {
    assert.deepEqual(
      await received.read(new Uint8Array(1)),
      Uint8Array.of(1),
    );
    break;
  }
  listener.close();
  assert.equal((await old.transport.closed).code, 0);
  assert.equal((await fresh.transport.closed).code, 0);
  assert.equal((await incoming.next()).done, true);
});

Deno.test("listenQuic: reports a port in use", () => {
  const listener = listen();
  assert.throws(() => listen({ port: listener.addr.port }), {
    name: "MoqError",
    code: "transport",
    message:
      `Cannot bind UDP port ${listener.addr.port} of 127.0.0.1: it is in use`,
  });
  listener.close();
});

Deno.test("listenQuic: stream limits that would hang the process are misuse", () => {
  for (const count of [-1, 65_536, 4e9, 1.5]) {
    assert.throws(() => listen({ maxUniStreams: count }), RangeError);
    assert.throws(() => listen({ maxBidiStreams: count }), RangeError);
  }
});

Deno.test("connectQuic: an abort ends the wait for a server that is silent", async () => {
  const silent = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const url = new URL(`moql://127.0.0.1:${(silent.addr as Deno.NetAddr).port}`);
  const abort = new AbortController();
  const dialling = connectQuic(url, {
    alpn: [ALPN],
    maxIdleTimeoutMs: 200,
    signal: abort.signal,
  });
  const reason = new Error("enough");
  const received = await silent.receive();
  assert.ok(received[0].byteLength >= 1200);
  abort.abort(reason);
  await assert.rejects(dialling, (error) => error === reason);
  // Takes as long as the abandoned handshake, which Deno cannot end.
  await assert.rejects(
    connectQuic(url, { alpn: [ALPN], maxIdleTimeoutMs: 200 }),
    { name: "MoqError", code: "transport", message: /timed out/ },
  );
  silent.close();
});

Deno.test("connectQuic: other schemes are misuse", async () => {
  const url = new URL("https://127.0.0.1");
  await assert.rejects(connectQuic(url, { alpn: [ALPN] }), TypeError);
});

Deno.test("connectQuic: an IPv6 literal and a root certificate", async () => {
  const listener = listen({ hostname: "::1" });
  const url = new URL(`moqt://[::1]:${listener.addr.port}`);
  const accepting = accept(listener);
  const { transport } = await connectQuic(url, {
    alpn: [ALPN],
    caCerts: [certificate.certPem],
  });
  const conn = await accepting;
  transport.close(3, "é".repeat(1000));
  const { closeCode, reason } = await conn.closed;
  assert.equal(closeCode, 3);
  assert.equal(reason, "é".repeat(512));
  listener.close();
});

Deno.test("quicTransport: a peer that vanishes is a loss, not a close", async () => {
  const listener = listen({ maxIdleTimeoutMs: 300, keepAliveMs: 100_000 });
  const accepting = accept(listener);
  const { transport } = await connectQuic(urlOf(listener), {
    alpn: [ALPN],
    maxIdleTimeoutMs: 300,
    keepAliveMs: 100_000,
    ...hashes,
  });
  const server = quicTransport(await accepting);
  const stream = await transport.openBidi();
  stream.send.write(Uint8Array.of(1));
  const reading = stream.receive.read(new Uint8Array(1));
  await assert.rejects(reading, { name: "MoqError", code: "transport" });
  for (const end of [transport, server]) {
    const { code, error } = await end.closed;
    assert.equal(code, undefined);
    assert.ok(error instanceof MoqError);
  }
  listener.close();
});
