import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { Cache } from "../model/cache.ts";
import { GroupProducer } from "../model/group.ts";
import { memoryPair } from "../transport/memory.ts";
import type { SendStream } from "../transport/transport.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { receiveGroup } from "./group_receiver.ts";
import {
  type SendCount,
  sendFrames,
  sendGroup,
  startGroup,
} from "./group_sender.ts";
import { MessageReader } from "./streams.ts";

const version = "06";
// One turn of it and every promise that could settle has.
const clock = new VirtualClock();

function open(frameStart = 0): GroupProducer {
  const cache = new Cache();
  return new GroupProducer(0, { cache, maxAgeMs: 1000, frameStart });
}

function nothing(): SendCount {
  return { sentBytes: 0, sentFrames: 0, sentCuts: new Map() };
}

function write(group: GroupProducer, size: number, timestamp: number): void {
  group.writeFrame({ timestamp, payload: new Uint8Array(size) });
}

/** What the peer gets of a group that `send` sends into a window of `windowBytes`. */
async function received(
  { reliableReset, windowBytes = 1 << 20 }: {
    readonly reliableReset: boolean;
    readonly windowBytes?: number;
  },
  send: (
    stream: SendStream,
    context: Parameters<typeof sendGroup>[2]["context"],
  ) => Promise<void>,
): Promise<GroupProducer> {
  const [near, far] = memoryPair({ reliableReset, windowBytes });
  const stream = await near.openUni();
  stream.write(Uint8Array.of(0));
  await send(stream, { transport: near, version });
  const { value } = await far.incomingUni[Symbol.asyncIterator]().next();
  const reader = new MessageReader(value!, { version });
  const got = open();
  await reader.varint().then(
    () => receiveGroup(reader, got),
    (error) => got.close(error),
  );
  near.close(0, "");
  await far.closed;
  return got;
}

for (const reliableReset of [true, false]) {
  const kind = reliableReset ? "resets" : "FIN for reset";

  Deno.test(`sendGroup, sendFrames: an early end is never a whole group (${kind})`, async () => {
    for (const windowBytes of [1, 60, 103, 104, 150, 206]) {
      for (const isRange of [true, false]) {
        const group = open();
        for (let i = 0; i < 4; i++) write(group, 100, i);
        const leaving = new AbortController();
        const { signal } = leaving;
        const got = await received(
          { reliableReset, windowBytes },
          async (stream, context) => {
            const count = nothing();
            const options = { context, signal, count, startFrame: 0 };
            const sending = isRange
              ? sendFrames(stream, group, options)
              : sendGroup(stream, group, options);
            await clock.advance(0);
            leaving.abort(new MoqError("cancelled", "Left"));
            await sending;
          },
        );
        assert.ok(got.log.ended?.error, `window ${windowBytes}, ${isRange}`);
      }
    }
  });

  Deno.test(`sendGroup: a group evicted while sent fails at the peer (${kind})`, async () => {
    const group = open();
    write(group, 10, 0);
    const got = await received({ reliableReset }, async (stream, context) => {
      const { signal } = new AbortController();
      const count = nothing();
      const sending = sendGroup(stream, group, { context, signal, count });
      await clock.advance(0);
      group.retire(new MoqError("expired", "Too old"));
      await sending;
    });
    assert.ok(got.log.ended?.error);
  });
}

Deno.test("sendFrames: frames count from the start of a group without its head", async () => {
  const group = open(10);
  for (let i = 0; i < 5; i++) write(group, i, 100 + i);
  group.close();
  const { signal } = new AbortController();
  const count = nothing();
  const got = await received(
    { reliableReset: true },
    (stream, context) =>
      sendFrames(stream, group, {
        context,
        signal,
        count,
        startFrame: 12,
        endFrame: 13,
      }),
  );
  const frames = await Array.fromAsync(got.consume().frames());
  assert.deepEqual(
    frames.map(({ timestamp, payload }) => [timestamp, payload.byteLength]),
    [[102, 2], [103, 3]],
  );
  assert.deepEqual([count.sentFrames, count.sentBytes], [2, got.log.length]);
  for (const [startFrame, said] of [[0, 10], [12, 12]]) {
    const [near, far] = memoryPair();
    const options = { version, subscribeId: 0, startFrame } as const;
    startGroup(await near.openUni(), group, options);
    const { value } = await far.incomingUni[Symbol.asyncIterator]().next();
    const start = await value!.read(new Uint8Array(16));
    assert.equal(start!.at(-1), said);
    near.close(0, "");
    await far.closed;
  }
});
