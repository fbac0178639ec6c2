import assert from "node:assert/strict";
import { BroadcastProducer, connect, PROTOCOLS } from "@moq-deno/lite";
import { dialWeb } from "@moq-deno/lite/internal";
import { startRelay } from "@moq-deno/relay/server";

async function withRelay(
  test: (url: string) => Promise<void>,
  settings: readonly string[] = [],
): Promise<void> {
  const relay = await startRelay(["--listen", "127.0.0.1:0", ...settings]);
  try {
    const [address] = relay.httpAddresses;
    await test(`http://${address?.hostname}:${address?.port}/`);
  } finally {
    await relay.close();
  }
}

// Deno's own WebTransport agrees on no protocol name, like that of some browsers; connect then uses WebSocket.
Deno.test("connect: falls back to WebSocket", async () => {
  await withRelay(async (url) => {
    const publisher = await connect(url, { webTransport: false });
    const viewer = await connect(url, { webTransport: false });
    assert.equal(publisher.version, "06");
    const broadcast = new BroadcastProducer();
    publisher.publish("room", broadcast);
    const track = broadcast.createTrack("chat");
    track.writeFrame({ timestamp: 7, payload: new Uint8Array([1, 2, 3]) });
    for await (const { path } of viewer.announced()) {
      if (path === "room") break;
    }
    const subscription = viewer.consume("room").track("chat").subscribe();
    const group = await subscription.next();
    const frames = await Array.fromAsync(group!.frames());
    assert.deepEqual(frames, [{
      timestamp: 7,
      payload: new Uint8Array([1, 2, 3]),
    }]);
    subscription.close();
    publisher.close();
    viewer.close();
    assert.deepEqual(
      await Promise.all([publisher.closed, viewer.closed]),
      [undefined, undefined],
    );
  });
});

Deno.test("dialWeb: names both errors when neither transport works", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(
    dialWeb(new URL(`https://127.0.0.1:${port}/`), {
      protocols: PROTOCOLS,
      webTransport: false,
    }),
    {
      name: "MoqError",
      code: "transport",
      message: /WebTransport is disabled; .*WebSocket/,
    },
  );
});

Deno.test("dialWeb: refuses a scheme that no page can dial", async () => {
  await assert.rejects(
    dialWeb(new URL("moqt://localhost/"), { protocols: PROTOCOLS }),
    { name: "TypeError", message: /https: or http: URL, got moqt:/ },
  );
});

/** Counts the attempts over WebTransport while `test` runs. */
async function countTries(test: () => Promise<void>): Promise<number> {
  const { WebTransport } = globalThis;
  let tries = 0;
  globalThis.WebTransport = class extends WebTransport {
    constructor(url: string | URL, options?: WebTransportOptions) {
      super(url, options);
      tries++;
    }
  };
  try {
    await test();
  } finally {
    globalThis.WebTransport = WebTransport;
  }
  return tries;
}

Deno.test("dialWeb: a WebSocket that goes first and connects is not raced", async () => {
  await withRelay(async (url) => {
    const options = { protocols: PROTOCOLS, webSocketFirst: true };
    const tries = await countTries(async () => {
      const transport = await dialWeb(new URL(url), options);
      transport.close(0, "");
      await transport.closed;
    });
    assert.equal(tries, 0);
  });
});

Deno.test("dialWeb: tries WebTransport when a WebSocket that goes first fails", async () => {
  await withRelay(async (url) => {
    const options = { protocols: PROTOCOLS, webSocketFirst: true };
    const tries = await countTries(async () => {
      await assert.rejects(dialWeb(new URL(url), options), {
        code: "transport",
        message: /Server accepted none of the WebTransport protocols offered/,
      });
    });
    assert.equal(tries, 1);
  }, ["--web-ws=false"]);
});
