/** Peers that connect and never send a request. */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@moq-deno/lite";
import { dial } from "@moq-deno/lite/deno";
import { dialQuic } from "../../lite/deno/connect.ts";
import { faultTest, type Way, type World } from "./world.ts";

const SHORT = ["--listen-timeout=3s"];
const FAILED = "QUIC handshake failed";
/** Far less than the timeouts of silent peers, even on a busy machine. */
const ENTRY_MS = 5000;

/** How long an honest client takes to connect; if it is crowded out, it tries again. */
async function entry(world: World, way: Way = "moqt"): Promise<number> {
  const start = performance.now();
  for (;;) {
    try {
      const session = await world.connect(way);
      session.close();
      await session.closed;
      return performance.now() - start;
    } catch (error) {
      if (performance.now() - start > ENTRY_MS) throw error;
    }
  }
}

faultTest(
  "1000 incomplete QUIC handshakes end, and others get in",
  { flags: SHORT },
  async (world) => {
    await using flood = world.run("half_open_process.ts", { count: 1000 });
    assert.equal(await flood.next(), 1000);
    assert.ok(await entry(world) < ENTRY_MS);
    const { logged } = await world.until(
      "they are given up",
      ({ logged }) => (logged[FAILED] ?? 0) >= 900,
    );
    assert.ok(logged[FAILED]);
  },
);

faultTest(
  "handshakes over the limit are ignored, and others get in",
  { flags: ["--limit-handshakes=300", "--listen-timeout=1h"] },
  async (world) => {
    await using flood = world.run("half_open_process.ts", { count: 600 });
    assert.equal(await flood.next(), 600);
    await world.until(
      "they are ignored or given up",
      ({ logged }) => (logged[FAILED] ?? 0) >= 250,
    );
    // A client that was ignored tries again after 1, 3 and 7 seconds.
    assert.ok(await entry(world) < 3 * ENTRY_MS);
  },
);

faultTest(
  "silent TCP connections reopen the port and harm nothing else",
  { flags: SHORT, maxFiles: 300 },
  async (world) => {
    const silent: Deno.TcpConn[] = [];
    for (let count = 0; count < 1000; count++) {
      // The port does not listen until it is opened again.
      const conn = await Deno.connect({ port: world.port }).catch(() => {});
      if (conn) silent.push(conn);
      else await sleep(systemClock, 10);
    }
    assert.ok(await entry(world) < ENTRY_MS);
    await world.until(
      "the port was opened again",
      ({ logged }) =>
        (logged["TCP port failed and is reopened, its connections end"] ??
          0) > 0,
    );
    for (const conn of silent) conn.close();
    assert.equal(await health(world), "ok\n");
  },
);

/** The port's answer, once it has one. */
async function health({ port }: World): Promise<string> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`)
      .catch(() => undefined);
    if (answer) return await answer.text();
    await sleep(systemClock, 50);
  }
}

/** An open WebSocket to the relay. */
async function openSocket(
  world: World,
): Promise<{ readonly closed: Promise<unknown> }> {
  const socket = new WebSocket(world.url("ws"), ["qmux-01.moq-lite-06"]);
  const closed = new Promise((resolve) =>
    socket.addEventListener("close", resolve)
  );
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", reject);
  });
  return { closed };
}

faultTest(
  "silent WebSockets are closed",
  { flags: SHORT },
  async (world) => {
    const sockets = Array.from({ length: 200 }, () => openSocket(world));
    const opened = await Promise.all(sockets);
    await Promise.all(opened.map(({ closed }) => closed));
  },
);

faultTest(
  "HTTP/3 connections without a request are closed",
  { flags: SHORT },
  async (world) => {
    const { serverCertificateHashes } = world;
    const conns = await Promise.all(
      Array.from(
        { length: 50 },
        () =>
          dialQuic(world.url("https"), {
            alpn: ["h3"],
            serverCertificateHashes,
          }),
      ),
    );
    assert.ok(await entry(world, "https") < ENTRY_MS);
    const ends = await Promise.allSettled(conns.map(({ closed }) => closed));
    // When many connections close at once, some packets with reasons are lost.
    const told = ends.flatMap((end) => end.status === "fulfilled" ? [end] : []);
    assert.ok(told.length > 0, "some get the reason");
    for (const { value: { reason } } of told) {
      assert.equal(reason, "No request in 3000 ms");
    }
  },
);

faultTest(
  "HTTP/3 connections over the limit end the oldest",
  { flags: ["--limit-handshakes=50", "--listen-timeout=1h"] },
  async (world) => {
    const { serverCertificateHashes } = world;
    const conns: Deno.QuicConn[] = [];
    for (let count = 0; count < 60; count++) {
      const options = { alpn: ["h3"], serverCertificateHashes };
      conns.push(await dialQuic(world.url("https"), options));
    }
    await Promise.all(conns.slice(0, 10).map(({ closed }) => closed));
    assert.ok(await entry(world, "https") < ENTRY_MS);
    for (const conn of conns) conn.close();
  },
);

for (const way of ["moqt", "https"] as const) {
  faultTest(
    `sessions over ${way} without SETUP are closed with a reason`,
    { flags: SHORT },
    async (world) => {
      const { serverCertificateHashes } = world;
      const transports = await Promise.all(
        Array.from({ length: 30 }, () =>
          dial(world.url(way), {
            serverCertificateHashes,
            protocols: ["moq-lite-06"],
          })),
      );
      const closes = await Promise.all(
        transports.map(({ closed }) => closed),
      );
      // When many connections close at once, some packets with reasons are lost.
      const told = closes.filter(({ code }) => code === 0x11);
      assert.ok(told.length > 0, "some get the reason");
      for (const { reason } of told) {
        assert.match(reason, /^Peer sent no SETUP in 3000 ms/);
      }
    },
  );
}
