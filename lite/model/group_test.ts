import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../error.ts";
import { writeVarint } from "../bytes/varint.ts";
import { Cache } from "./cache.ts";
import type { Frame } from "./frame.ts";
import { GroupProducer, PIECE_BYTES } from "./group.ts";

function open(cache = new Cache()): GroupProducer {
  return new GroupProducer(7, { cache, maxAgeMs: 1000 });
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof MoqError && error.code === code;

const frames = fc.array(
  fc.record({
    timestamp: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    payload: fc.uint8Array({ maxLength: 200 }),
  }),
  { maxLength: 12 },
);

function bytesOf(all: readonly Frame[]): Uint8Array {
  const group = open();
  for (const frame of all) group.writeFrame(frame);
  return group.log.slice(0, group.log.length);
}

Deno.test("GroupProducer.append: any chunking gives the same frames", async () => {
  await fc.assert(fc.asyncProperty(
    frames,
    fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
    async (all, sizes) => {
      const bytes = bytesOf(all);
      const group = open();
      let turn = 0;
      for (let at = 0; at < bytes.byteLength;) {
        const end = at + sizes[turn++ % sizes.length]!;
        group.append(bytes.subarray(at, end));
        at = end;
      }
      group.close();
      const read = await Array.fromAsync(group.consume().frames());
      assert.deepEqual(
        read.map(({ timestamp, payload }) => [timestamp, [...payload]]),
        all.map(({ timestamp, payload }) => [timestamp, [...payload]]),
      );
    },
  ));
});

Deno.test("GroupProducer.close: a group cut inside a frame fails", async () => {
  const all = [[3, 4], [260, 70], [-5, 0]].map(([timestamp, size]) => ({
    timestamp: timestamp!,
    payload: new Uint8Array(size!),
  }));
  const bytes = bytesOf(all);
  const ends = [0, 1, 2, 3].map((n) => bytesOf(all.slice(0, n)).byteLength);
  for (let cut = 0; cut <= bytes.byteLength; cut++) {
    const group = open();
    group.append(bytes.subarray(0, cut));
    group.close();
    const read: Frame[] = [];
    const reading = (async () => {
      for await (const frame of group.consume().frames()) read.push(frame);
    })();
    if (ends.includes(cut)) await reading;
    else await assert.rejects(reading, hasCode("decode"), `cut at ${cut}`);
    assert.equal(read.length, ends.filter((end) => end <= cut).length - 1);
  }
});

Deno.test("GroupConsumer.frames throws the group's error after whole frames", async () => {
  const good = bytesOf([{ timestamp: 1, payload: new Uint8Array(3) }]);
  const chunk = new Uint8Array(good.byteLength + 9);
  chunk.set(good);
  writeVarint(chunk, good.byteLength + 1, 2 ** 40); // the size, after a delta of 0
  const group = open();
  assert.throws(() => group.append(chunk), hasCode("too-large"));
  await assert.rejects(
    Array.fromAsync(group.consume().frames()),
    hasCode("too-large"),
  );
});

Deno.test("GroupProducer.writeFrame refuses bad frames and leaves the group open", () => {
  const group = open();
  const payload = new Uint8Array(1);
  assert.throws(() => group.writeFrame({ timestamp: 0.5, payload }), TypeError);
  assert.throws(
    () => group.writeFrame({ timestamp: 2 ** 52, payload }),
    RangeError,
  );
  group.writeFrame({ timestamp: 1, payload });
  group.close();
  assert.equal(group.frameCount, 1);
  assert.throws(() => group.writeFrame({ timestamp: 2, payload }), TypeError);
});

Deno.test("GroupProducer.retire: readers fail, frames handed out stay valid", async () => {
  const group = open();
  group.writeFrame({ timestamp: 1, payload: Uint8Array.of(9) });
  group.close();
  const reading = group.consume().frames();
  const { value } = await reading.next();
  group.retire(new MoqError("evicted", "Expected room, got none"));
  assert.deepEqual(value?.payload, Uint8Array.of(9));
  await assert.rejects(reading.next(), hasCode("evicted"));
});

Deno.test("GroupConsumer.frames: an abort ends the wait and leaves no listener", async () => {
  const group = open();
  const controller = new AbortController();
  const next = group.consume().frames(controller.signal).next();
  const why = new Error("enough");
  controller.abort(why);
  await assert.rejects(next, why);
});

Deno.test("GroupConsumer.payloads: the same bytes in small views, as they come", async () => {
  const all = [0, 5, 3 * PIECE_BYTES, 0, 1, 300_000].map((size, i) => ({
    timestamp: i,
    payload: new Uint8Array(size).fill(i),
  }));
  const bytes = bytesOf(all);
  const group = open();
  const half = bytes.byteLength >> 1;
  group.append(bytes.subarray(0, half));
  const reader = group.consume().payloads();
  const read: Uint8Array[] = [(await reader.next()).value!];
  group.append(bytes.subarray(half));
  group.close();
  read.push(...await Array.fromAsync(reader));
  assert.ok(read.every(({ byteLength }) => byteLength <= PIECE_BYTES));
  const [got, wanted] = await Promise.all(
    [read, all.map(({ payload }) => payload)].map((parts) =>
      new Blob(parts.map((part) => part.slice())).bytes()
    ),
  );
  assert.deepEqual(got, wanted);
});

Deno.test("GroupConsumer.payloads: a cut group fails behind what there is", async () => {
  const group = open();
  group.writeFrame({ timestamp: 0, payload: Uint8Array.of(1, 2) });
  group.close(new MoqError("lagged", "Too slow"));
  const reader = group.consume().payloads();
  assert.deepEqual((await reader.next()).value, Uint8Array.of(1, 2));
  await assert.rejects(reader.next(), hasCode("lagged"));
});

Deno.test("GroupConsumer.texts: what writeText wrote, in order", async () => {
  const group = open();
  group.writeText("żółw", 5);
  group.writeText("");
  group.writeText("🐢");
  group.close();
  assert.deepEqual(await Array.fromAsync(group.consume().texts()), [
    "żółw",
    "",
    "🐢",
  ]);
  const frames = await Array.fromAsync(group.consume().frames());
  assert.deepEqual(frames.map(({ timestamp }) => timestamp), [5, 5, 5]);
});
