import assert from "node:assert/strict";
import { ReadAhead } from "./read_ahead.ts";

const MEGABYTE = 1 << 20;
const MOST = 17; // sixteen, and the one that goes beyond

/** A source of 64 MiB, and how much of it was asked for. */
function source(): { stream: ReadableStream<Uint8Array>; read: () => number } {
  let read = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (read === 64) return controller.close();
      read++;
      controller.enqueue(new Uint8Array(MEGABYTE));
    },
  }, { highWaterMark: 0 });
  return { stream, read: () => read };
}

/** Reads what is given without a wait for others. */
async function readAll(stream: ReadableStream<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}

Deno.test("ReadAhead holds a stream while a track has what it needs", async () => {
  const { stream, read } = source();
  const ahead = new ReadAhead();
  ahead.hold();
  const leave = ahead.join();
  const all = readAll(ahead.of(stream));
  // The track takes a packet of a megabyte at a time, which is there.
  for (let taken = 0; taken < 20; taken++) {
    await new Promise((resolve) => setTimeout(resolve));
    assert.ok(read() <= MOST + taken, `${read()} after ${taken}`);
    ahead.took(await ahead.wait(Promise.resolve(MEGABYTE)));
  }
  assert.ok(read() > MOST, `${read()}`);
  // What it needs next is further on: the stream is read for as long as it waits.
  const packet = Promise.withResolvers<void>();
  const waiting = ahead.wait(packet.promise);
  assert.equal(await all, 64);
  packet.resolve();
  await waiting;
  leave();
});

Deno.test("ReadAhead holds nothing before a track has come", async () => {
  const { stream } = source();
  assert.equal(await readAll(new ReadAhead().of(stream)), 64);
});

Deno.test("ReadAhead lets go of a stream that it holds", async () => {
  const { stream } = source();
  const ahead = new ReadAhead();
  ahead.hold();
  ahead.join();
  const reader = ahead.of(stream).getReader();
  for (let n = 0; n < MOST; n++) await reader.read();
  const held = reader.read();
  await reader.cancel();
  assert.equal((await held).done, true);
});
