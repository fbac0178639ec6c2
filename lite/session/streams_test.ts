import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../error.ts";
import { memoryPair } from "../transport/memory.ts";
import type { SendStream } from "../transport/transport.ts";
import { MAX_CONTROL_BYTES, MessageReader, withType } from "./streams.ts";

interface Line {
  readonly send: SendStream;
  readonly reader: MessageReader;
  close(): Promise<void>;
}

/** A stream from a peer that begins with `bytes`. */
async function line(bytes: Uint8Array): Promise<Line> {
  const [client, server] = memoryPair();
  const send = await client.openUni();
  send.write(bytes);
  const { value } = await server.incomingUni[Symbol.asyncIterator]().next();
  const reader = new MessageReader(value!, { version: "06", scratchBytes: 3 });
  return {
    send,
    reader,
    async close() {
      client.close(0, "");
      await server.closed;
    },
  };
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof MoqError && error.code === code;

Deno.test("MessageReader: reads varints, messages and the rest in any chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 63 }), { maxLength: 5 }),
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      async (bodies, rest) => {
        const { send, reader, close } = await line(withType(700));
        for (const body of bodies) send.write(withType(body.byteLength, body));
        send.write(rest);
        send.close();
        assert.equal(await reader.varint(), 700);
        for (const body of bodies) {
          assert.deepEqual(await reader.message(), body);
        }
        const seen: number[] = [];
        for (let chunk; (chunk = await reader.chunk());) seen.push(...chunk);
        assert.deepEqual(seen, [...rest]);
        assert.equal(await reader.message(), undefined);
        await close();
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("MessageReader: a message that ends early is an error", async () => {
  for (const bytes of [[0x40], [5, 1, 2], [0x80, 0, 0]]) {
    const { send, reader, close } = await line(Uint8Array.from(bytes));
    send.close();
    await assert.rejects(reader.message(), hasCode("remote"));
    await close();
  }
});

Deno.test("MessageReader.message refuses a length over the limit at once", async () => {
  const { reader, close } = await line(withType(MAX_CONTROL_BYTES + 1));
  await assert.rejects(reader.message(), hasCode("protocol"));
  await close();
  const huge = await line(new Uint8Array(8).fill(0xff));
  await assert.rejects(huge.reader.message(), hasCode("protocol"));
  await huge.close();
});

Deno.test("MessageReader.request: over 16 KiB is too large, no violation", async () => {
  const whole = await line(withType(16 * 1024, new Uint8Array(16 * 1024)));
  assert.equal((await whole.reader.request()).byteLength, 16 * 1024);
  await whole.close();
  const { reader, close } = await line(withType(16 * 1024 + 1));
  await assert.rejects(reader.request(), hasCode("too-large"));
  await close();
});

Deno.test("MessageReader: a reset is what its number means in the draft", async () => {
  const meanings = [[0x33, "not-found"], [0x36, "unroutable"], [
    0x12,
    "decode",
  ], [999, "remote"]] as const;
  for (const [number, code] of meanings) {
    const { send, reader, close } = await line(Uint8Array.of(5));
    const message = reader.message();
    await Promise.resolve();
    send.reset(number);
    await assert.rejects(
      message,
      (error) =>
        hasCode(code)(error) &&
        (error as MoqError).remoteCode === number,
    );
    await close();
  }
});
