import assert from "node:assert/strict";
import { MoqError } from "../../lite/error.ts";
import { Cache } from "../../lite/model/cache.ts";
import { GroupProducer } from "../../lite/model/group.ts";
import { memoryPair } from "../../lite/transport/memory.ts";
import { systemClock } from "../../lite/time.ts";
import type { Version } from "../../lite/wire/version.ts";
import { groupBytes, groupSink } from "../../lite/session/compat.ts";
import {
  type ReceiveCount,
  receiveGroup,
} from "../../lite/session/group_receiver.ts";
import {
  firstBytes,
  type Pace,
  type SendCount,
  sendGroup,
  startGroup,
} from "../../lite/session/group_sender.ts";
import { MessageReader } from "../../lite/session/streams.ts";

const SIZES = [3, 0, 70, 1];

function open(): GroupProducer {
  return new GroupProducer(0, { cache: new Cache(), maxAgeMs: 1000 });
}

/** Sends `bytes` and then cuts the group. */
class CutAfter implements Pace {
  #left: number;
  readonly #cut: AbortController;

  constructor(bytes: number, cut: AbortController) {
    this.#left = bytes;
    this.#cut = cut;
  }

  grant(wanted: number): number {
    const granted = Math.min(wanted, this.#left);
    this.#left -= granted;
    return granted;
  }

  wait(): Promise<number> {
    this.#cut.abort(new MoqError("expired", "Too old"));
    return Promise.resolve(0);
  }

  beginWait(): void {
    // Times do not matter here.
  }

  endWait(): void {
    // As above.
  }
}

/** Reads a group's stream, starting with its type. */
async function receive(
  reader: MessageReader,
  { got, version, count }: {
    readonly got: GroupProducer;
    readonly version: Version;
    readonly count: ReceiveCount;
  },
): Promise<void> {
  const sink = groupSink(got, version, systemClock);
  try {
    await reader.varint();
    await reader.expectMessage();
    await receiveGroup(reader, got, { sink, count });
  } catch (error) {
    got.close(error as MoqError);
  }
}

for (const version of ["06", "05", "04"] as Version[]) {
  for (const reliableReset of [true, false]) {
    const kind = reliableReset ? "resets" : "FIN for reset";
    Deno.test(`sendGroup: cut at any byte, the group fails (${version}, ${kind})`, async () => {
      const group = open();
      SIZES.forEach((size, index) =>
        group.writeFrame({
          timestamp: index * 100,
          payload: new Uint8Array(size).fill(index),
        })
      );
      const { length } = groupBytes(group, version).log;
      for (let at = 0; at < length; at++) {
        const [near, far] = memoryPair({ reliableReset });
        const stream = await near.openUni();
        const cut = new AbortController();
        const pace = new CutAfter(at, cut);
        const first = firstBytes(groupBytes(group, version), pace);
        startGroup(stream, group, { version, subscribeId: 0 }, first);
        const sent: SendCount = {
          sentBytes: first?.byteLength ?? 0,
          sentFrames: 0,
          sentCuts: new Map(),
        };
        const sending = sendGroup(stream, group, {
          context: { transport: near, version },
          signal: cut.signal,
          pace,
          count: sent,
          from: first?.byteLength,
        });
        const { value } = await far.incomingUni[Symbol.asyncIterator]().next();
        const reader = new MessageReader(value!, { version });
        const got = open();
        const received: ReceiveCount = {
          receivedBytes: 0,
          receivedFrames: 0,
          receivedCuts: new Map(),
        };
        await receive(reader, { got, version, count: received });
        await sending;
        assert.ok(got.log.ended?.error, `a complete group at ${at}`);
        assert.ok(got.frameCount < SIZES.length, `all frames at ${at}`);
        assert.equal(sent.sentBytes, at);
        assert.deepEqual([...sent.sentCuts], [["expired", 1]]);
        // A reset overtakes data that was sent before it.
        if (!reliableReset) {
          const [cuts] = received.receivedCuts.values();
          assert.equal(cuts, 1);
          assert.equal(received.receivedFrames, sent.sentFrames);
        }
        near.close(0, "");
        await far.closed;
      }
    });
  }
}
