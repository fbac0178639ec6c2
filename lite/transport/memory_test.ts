import assert from "node:assert/strict";
import { transportSuite } from "../../tests/compliance/transport.ts";
import { memoryPair, type PairOptions } from "./memory.ts";

const suite = (name: string, options: PairOptions): void =>
  transportSuite(name, () => {
    const [client, server] = memoryPair(options);
    return Promise.resolve({
      client,
      server,
      async dispose(): Promise<void> {
        client.close(0, "");
        await Promise.all([client.closed, server.closed]);
      },
    });
  }, { uniLimit: options.maxUniStreams });

suite("memoryPair", { maxUniStreams: 10 });
suite("memoryPair without resets", {
  maxUniStreams: 10,
  reliableReset: false,
  maxDatagramBytes: 0,
});

Deno.test("memoryPair: a signal loses the connection at both ends", async () => {
  const cable = new AbortController();
  const [client, server] = memoryPair({ signal: cable.signal });
  const stream = await client.openUni();
  cable.abort();
  for (const end of [client, server]) {
    const { code, error } = await end.closed;
    assert.equal(code, undefined);
    assert.ok(error);
  }
  assert.equal(await stream.stopped, undefined);
});

Deno.test("memoryPair: what was received before the end can be read", async () => {
  const [client, server] = memoryPair();
  const stream = await client.openUni();
  stream.write(Uint8Array.of(1, 2, 3));
  client.close(1, "gone");
  await server.closed;
  for await (const received of server.incomingUni) {
    const bytes = await received.read(new Uint8Array(8));
    assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
    await assert.rejects(received.read(new Uint8Array(8)), /gone/);
  }
});
