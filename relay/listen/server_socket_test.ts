import assert from "node:assert/strict";
import { VirtualClock } from "@moq-deno/lite/testing";
import { ServerSocket, type SocketConn } from "./server_socket.ts";
import { OPCODE } from "./websocket_frames.ts";

/** A connection whose peer says nothing, and what was written to it. */
class SilentConn implements SocketConn {
  readonly written: number[] = [];
  readonly #ended = Promise.withResolvers<null>();
  isOpen = true;
  /** While this is pending nothing is taken. */
  taking: Promise<void> = Promise.resolve();

  read(_into: Uint8Array): Promise<number | null> {
    return this.#ended.promise;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.taking;
    this.written.push(...bytes);
    return bytes.byteLength;
  }

  close(): void {
    this.isOpen = false;
    this.#ended.resolve(null);
  }
}

function open(conn: SocketConn, clock: VirtualClock): ServerSocket {
  return new ServerSocket(conn, {
    head: new Uint8Array(0),
    maxMessageBytes: 100,
    idleTimeoutMs: 30_000,
    clock,
  });
}

function closing(socket: ServerSocket): Promise<CloseEvent> {
  return new Promise((resolve) => {
    socket.addEventListener("close", (event) => resolve(event as CloseEvent));
  });
}

Deno.test("ServerSocket: a silent peer is pinged, then given up", async () => {
  const clock = new VirtualClock();
  const conn = new SilentConn();
  const closed = closing(open(conn, clock));
  const { code, wasClean } = await clock.run(closed);
  assert.deepEqual({ code, wasClean }, { code: 1006, wasClean: false });
  assert.equal(clock.now(), 30_000);
  assert.deepEqual(conn.written, [0x80 | OPCODE.ping, 0]);
  assert.equal(conn.isOpen, false);
});

Deno.test("ServerSocket: a peer that answers no close is given up", async () => {
  const clock = new VirtualClock();
  const conn = new SilentConn();
  const socket = open(conn, clock);
  const closed = closing(socket);
  socket.send(Uint8Array.of(7));
  socket.close();
  socket.send(Uint8Array.of(8));
  assert.equal(socket.readyState, 2);
  await clock.run(closed);
  assert.equal(clock.now(), 2000);
  assert.deepEqual(conn.written, [0x82, 1, 7, 0x88, 2, 0x03, 0xe8]);
  assert.equal(socket.readyState, 3);
});

Deno.test("ServerSocket: a flood of frames leaves turns to others", async () => {
  const clock = new VirtualClock();
  const conn = new SilentConn();
  let reads = 0;
  // All that is asked for is there at once: empty binary frames.
  conn.read = (into: Uint8Array): Promise<number> => {
    if (++reads > 2) return new Promise(() => {}); // silent from here on
    const frame = [0x82, 0x80, 0, 0, 0, 0];
    for (let i = 0; i < 600; i++) into[i] = frame[i % 6]!;
    return Promise.resolve(600);
  };
  const socket = open(conn, clock);
  let messages = 0;
  const all = new Promise<void>((resolve) => {
    socket.addEventListener("message", () => {
      if (++messages === 129) resolve();
    });
  });
  for (let i = 0; i < 100; i++) await Promise.resolve();
  assert.equal(messages, 128);
  await clock.run(all);
  socket.close();
  await clock.run(closing(socket));
});

Deno.test("ServerSocket: bufferedAmount counts what the connection has not taken", async () => {
  const clock = new VirtualClock();
  const conn = new SilentConn();
  const gate = Promise.withResolvers<void>();
  conn.taking = gate.promise;
  const socket = open(conn, clock);
  socket.send(new Uint8Array(1000));
  assert.equal(socket.bufferedAmount, 1004);
  gate.resolve();
  while (conn.written.length < 1004) await Promise.resolve();
  await Promise.resolve();
  assert.equal(socket.bufferedAmount, 0);
  socket.close();
  await clock.run(closing(socket));
});
