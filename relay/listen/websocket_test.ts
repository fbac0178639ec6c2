import assert from "node:assert/strict";
import { startRelay } from "../embed.ts";

const UPGRADE = [
  "GET / HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: qmux-01.moq-lite-06",
].join("\r\n");

/** A client that writes its frames by hand. */
class RawSocket {
  readonly #conn: Deno.Conn;
  readonly #chunk = new Uint8Array(4096);
  #left = new Uint8Array(0);

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(port: number, request = UPGRADE): Promise<RawSocket> {
    const socket = new RawSocket(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
    await socket.write(new TextEncoder().encode(`${request}\r\n\r\n`));
    return socket;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  /** The answer to the upgrade. */
  async head(): Promise<string> {
    let text = "";
    while (!text.includes("\r\n\r\n")) {
      text += String.fromCharCode(...await this.#bytes(1));
    }
    return text;
  }

  /** The next frame of the server's. */
  async frame(): Promise<{ opcode: number; payload: Uint8Array }> {
    const [first = 0, short = 0] = await this.#bytes(2);
    const [high = 0, low = 0] = short === 126 ? await this.#bytes(2) : [];
    const length = short === 126 ? high * 256 + low : short;
    return { opcode: first & 15, payload: await this.#bytes(length) };
  }

  /** The payload of the next frame with `opcode`. */
  async next(opcode: number): Promise<Uint8Array> {
    for (;;) {
      const frame = await this.frame();
      if (frame.opcode === opcode) return frame.payload;
    }
  }

  async #bytes(count: number): Promise<Uint8Array> {
    while (this.#left.byteLength < count) {
      const read = await this.#conn.read(this.#chunk);
      if (read === null) throw new Error("Expected bytes, got the end");
      this.#left = Uint8Array.from([
        ...this.#left,
        ...this.#chunk.subarray(0, read),
      ]);
    }
    const bytes = this.#left.slice(0, count);
    this.#left = this.#left.slice(count);
    return bytes;
  }

  close(): void {
    this.#conn.close();
  }
}

async function withRelay(
  body: (port: number) => Promise<void>,
): Promise<void> {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  try {
    await body(relay.httpAddresses[0]!.port);
  } finally {
    await relay.close();
  }
}

Deno.test("WebSocket: the handshake of RFC 6455, section 1.3", () =>
  withRelay(async (port) => {
    const socket = await RawSocket.connect(port);
    const lines = (await socket.head()).toLowerCase().split("\r\n");
    assert.match(lines[0]!, /^http\/1.1 101/);
    assert.ok(
      lines.includes("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
    );
    assert.ok(lines.includes("sec-websocket-protocol: qmux-01.moq-lite-06"));
    socket.close();
  }));

Deno.test("WebSocket: a handshake without a key or of another version is refused", () =>
  withRelay(async (port) => {
    for (
      const request of [
        UPGRADE.replace(/Sec-WebSocket-Key.*\r\n/, ""),
        UPGRADE.replace("Version: 13", "Version: 8"),
      ]
    ) {
      const socket = await RawSocket.connect(port, request);
      assert.match(await socket.head(), /^HTTP\/1.1 400/);
      socket.close();
    }
  }));

Deno.test("WebSocket: without Connection: Upgrade it is a request as any other", () =>
  withRelay(async (port) => {
    for (
      const [connection, status] of [["keep-alive", 404], [
        "x, UPGRADE",
        101,
      ]] as const
    ) {
      const request = UPGRADE.replace(
        "Connection: Upgrade",
        `Connection: ${connection}`,
      );
      const socket = await RawSocket.connect(port, request);
      assert.match(await socket.head(), new RegExp(`^HTTP/1.1 ${status}`));
      socket.close();
    }
  }));

Deno.test("WebSocket: a too long message is closed with 1009 at its header", () =>
  withRelay(async (port) => {
    const socket = await RawSocket.connect(port);
    await socket.head();
    const header = Uint8Array.fromHex("82ff0000000003938700" + "00000000");
    await socket.write(header);
    const payload = await socket.next(8);
    assert.equal(new DataView(payload.buffer).getUint16(0), 1009);
    socket.close();
  }));

Deno.test("WebSocket: a ping is answered, a close returned", () =>
  withRelay(async (port) => {
    const socket = await RawSocket.connect(port);
    await socket.head();
    await socket.write(Uint8Array.fromHex("8982000000006869"));
    assert.deepEqual([...await socket.next(10)], [0x68, 0x69]);
    await socket.write(Uint8Array.fromHex("88820000000003e8"));
    assert.deepEqual([...await socket.next(8)], [0x03, 0xe8]);
    await assert.rejects(socket.frame(), /the end/);
    socket.close();
  }));

Deno.test("WebSocket: the form before qmux may have longer messages", () =>
  withRelay(async (port) => {
    const old = UPGRADE.replace("qmux-01.moq-lite-06", "webtransport");
    const socket = await RawSocket.connect(port, old);
    assert.match(await socket.head(), /^HTTP\/1.1 101/);
    // 1 MiB and a byte.
    await socket.write(Uint8Array.fromHex("82ff0000000000100001" + "00000000"));
    const payload = await socket.next(8);
    assert.equal(new DataView(payload.buffer).getUint16(0), 1009);
    socket.close();
    const taken = await RawSocket.connect(port, old);
    await taken.head();
    await taken.write(Uint8Array.fromHex("82ff0000000000010000" + "00000000"));
    await taken.write(new Uint8Array(0x10000));
    // It is not a stream frame, which is reported after the whole message.
    const refusal = await taken.next(8);
    assert.notEqual(new DataView(refusal.buffer).getUint16(0), 1009);
    taken.close();
  }));

Deno.test("WebSocket: upgrades that wait are counted apart from requests", async () => {
  // It never answers, so no peer is accepted.
  const asked = Promise.withResolvers<void>();
  const never = Promise.withResolvers<Response>();
  await using auth = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => {
      asked.resolve();
      return never.promise;
    },
  );
  const relay = await startRelay([
    "--listen=127.0.0.1:0",
    `--auth-url=http://127.0.0.1:${auth.addr.port}/`,
    "--limit-requests-per-address=1",
  ]);
  try {
    const [{ port } = { port: 0 }] = relay.httpAddresses;
    const waiting = await RawSocket.connect(port);
    await asked.promise;
    const second = await RawSocket.connect(port);
    assert.match(await second.head(), /^HTTP\/1.1 429/);
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    assert.equal(await health.text(), "ok\n");
    never.resolve(new Response(null, { status: 403 }));
    assert.match(await waiting.head(), /^HTTP\/1.1 401/);
    const third = await RawSocket.connect(port);
    assert.match(await third.head(), /^HTTP\/1.1 401/);
    for (const socket of [waiting, second, third]) socket.close();
  } finally {
    await relay.close();
  }
});
