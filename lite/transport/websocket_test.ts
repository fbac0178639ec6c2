/**
 * The transport contract over real WebSockets on loopback, and what is
 * special about them.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type TransportPair,
  transportSuite,
} from "../../tests/compliance/transport.ts";
import type { QmuxTuning } from "./qmux/qmux.ts";
import type { ReceiveStream, Transport } from "./transport.ts";
import { MoqError } from "../error.ts";
import { connectWebSocket, webSocketTransport } from "./websocket.ts";
import {
  parseWebSocketProtocol,
  selectWebSocketProtocol,
  webSocketProtocols,
} from "./websocket_protocol.ts";

const ALPNS = ["moq-lite-06", "moq-lite-05"];

/** A server on loopback that gives the transport of its first client. */
function listen(only: string | undefined, tuning: QmuxTuning = {}) {
  const accepted = Promise.withResolvers<Transport>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const offered = request.headers.get("sec-websocket-protocol") ?? "";
      const names = offered.split(",").map((name) => name.trim());
      const protocol = selectWebSocketProtocol(
        names.filter((name) => only === undefined || name === only),
        ALPNS,
      );
      const { socket, response } = Deno.upgradeWebSocket(
        request,
        protocol === undefined ? {} : { protocol },
      );
      const role = "server";
      accepted.resolve(
        webSocketTransport(socket, {
          ...tuning,
          role,
          protocol: protocol ?? "",
        }),
      );
      return response;
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/anon?jwt=x#y`,
    accepted: accepted.promise,
    shutdown: () => server.shutdown(),
  };
}

async function pair(
  only: string | undefined,
  tuning: QmuxTuning = {},
): Promise<TransportPair> {
  const { url, accepted, shutdown } = listen(only, tuning);
  const client = await connectWebSocket(url, { protocols: ALPNS });
  const server = await accepted;
  for (const end of [client, server]) {
    while (end.datagrams?.maxBytes === 0) await turn();
  }
  const dispose = async (): Promise<void> => {
    client.close(0, "");
    server.close(0, "");
    await shutdown();
  };
  return { client, server, dispose };
}

// A turn of the event loop, so that the network gets to run.
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const uniLimit = 256;
for (const wire of ["qmux-02", "qmux-01", "qmux-00"]) {
  transportSuite(
    `webSocketTransport ${wire}`,
    () =>
      pair(`${wire}.moq-lite-05`, { parameters: { maxStreamsUni: uniLimit } }),
    { uniLimit },
  );
}

// Without flow control nothing waits, so the rules about that do not apply.
for (const only of ["webtransport", "none"]) {
  Deno.test(`webSocketTransport ${only}: streams and close without flow control`, async () => {
    const { client, server, dispose } = await pair(only);
    assert.deepEqual([client.protocol, server.protocol], [
      undefined,
      undefined,
    ]);
    assert.equal(client.datagrams, undefined);
    const bidi = await client.openBidi();
    bidi.send.write(new Uint8Array(1_000_000).fill(7));
    bidi.send.close();
    const { send, receive } = await accept(server.incomingBidi);
    assert.equal(await count(receive), 1_000_000);
    send.reset(9);
    await assert.rejects(
      count(bidi.receive),
      (error) => error instanceof MoqError && error.remoteCode === 9,
    );
    const uni = await server.openUni();
    uni.write(new Uint8Array(1));
    (await accept(client.incomingUni)).stop(8);
    assert.equal(await uni.stopped, 8);
    server.close(42, "over");
    assert.deepEqual(await client.closed, { code: 42, reason: "over" });
    await dispose();
  });
}

Deno.test("webSocketTransport: a text message ends the session", async () => {
  const { url, accepted, shutdown } = listen("qmux-02.moq-lite-05");
  const socket = new WebSocket(url.replace("http", "ws").split("#")[0]!, [
    "qmux-02.moq-lite-05",
  ]);
  const over = new Promise((resolve) => socket.onclose = resolve);
  socket.onopen = () => socket.send("hello");
  const { code, error } = await (await accepted).closed;
  assert.equal(code, undefined);
  assert.match(String(error), /text message/);
  await over;
  await shutdown();
});

Deno.test("webSocketTransport: a socket closed without a qmux close is a loss", async () => {
  const { url, accepted, shutdown } = listen("qmux-01.moq-lite-05");
  const socket = new WebSocket(url.replace("http", "ws").split("#")[0]!, [
    "qmux-01.moq-lite-05",
  ]);
  socket.onopen = () => socket.close(1000, "bye");
  const { code, reason, error } = await (await accepted).closed;
  assert.deepEqual([code, reason], [undefined, "bye"]);
  assert.ok(error instanceof MoqError);
  await shutdown();
});

Deno.test("connectWebSocket: a closed port is a transport error", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `ws://127.0.0.1:${listener.addr.port}/`;
  const abort = new AbortController();
  // The listener accepts and never answers.
  const pending = connectWebSocket(url, {
    protocols: ALPNS,
    signal: abort.signal,
  });
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(pending, (error) => error === reason);
  (await listener.accept()).close();
  listener.close();
  await assert.rejects(
    connectWebSocket(url, { protocols: ALPNS }),
    (error) => error instanceof MoqError && error.code === "transport",
  );
  await assert.rejects(
    connectWebSocket(url, { protocols: ALPNS, signal: abort.signal }),
    (error) => error === reason,
  );
});

Deno.test("selectWebSocketProtocol: uses the server's order, newest first", () => {
  const select = (...offered: string[]): string | undefined =>
    selectWebSocketProtocol(offered, ALPNS);
  assert.equal(
    select("webtransport", "qmux-01.moq-lite-05", "qmux-00.moq-lite-06"),
    "qmux-00.moq-lite-06",
  );
  assert.equal(
    select("qmux-00.moq-lite-05", "qmux-02.moq-lite-05"),
    "qmux-02.moq-lite-05",
  );
  assert.equal(select("webtransport", "qmux-00"), "qmux-00");
  assert.equal(select("moq-lite-06", "qmux-02.moqt-17"), undefined);
  assert.equal(select(), undefined);
});

Deno.test("webSocketProtocols: every draft in every form, then the bare forms", () => {
  assert.deepEqual(webSocketProtocols(["moq-lite-05"]), [
    "qmux-02.moq-lite-05",
    "qmux-01.moq-lite-05",
    "qmux-00.moq-lite-05",
    "qmux-02",
    "qmux-01",
    "qmux-00",
    "webtransport",
  ]);
});

Deno.test("parseWebSocketProtocol: returns form and protocol, refuses others", () => {
  assert.deepEqual(parseWebSocketProtocol("qmux-01.moq-lite-05"), {
    wire: "qmux-01",
    protocol: "moq-lite-05",
  });
  assert.deepEqual(parseWebSocketProtocol(""), {
    wire: "webtransport",
    protocol: undefined,
  });
  for (const name of ["qmux-03.moq-lite-05", "moq-lite-05", "webtransport.x"]) {
    assert.throws(
      () => parseWebSocketProtocol(name),
      (error) => error instanceof MoqError && error.code === "version",
    );
  }
});

async function accept<T>(incoming: AsyncIterable<T>): Promise<T> {
  for await (const stream of incoming) return stream;
  throw new Error("Expected a stream, got the end");
}

async function count(stream: ReceiveStream): Promise<number> {
  for (let total = 0;;) {
    const bytes = await stream.read(new Uint8Array(65_536));
    if (!bytes) return total;
    total += bytes.byteLength;
  }
}
