import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "../error.ts";
import { Cache } from "../model/cache.ts";
import { GroupProducer } from "../model/group.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { groupBytes, groupSink } from "./compat.ts";

function open(): GroupProducer {
  return new GroupProducer(0, { cache: new Cache(), maxAgeMs: 1000 });
}

function all(view: (offset: number) => Uint8Array | undefined): number[] {
  const bytes: number[] = [];
  for (let run; (run = view(bytes.length));) bytes.push(...run);
  return bytes;
}

const payloads = fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 8 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

/** `size, payload` for each, as drafts up to 04 have frames. */
function oldBytes(list: readonly Uint8Array[]): Uint8Array {
  const bytes = list.flatMap((payload) => [
    ...(payload.byteLength < 64
      ? [payload.byteLength]
      : [0x40, payload.byteLength]),
    ...payload,
  ]);
  return Uint8Array.from(bytes);
}

Deno.test("groupSink then groupBytes: round-trip the bytes of an old peer", () => {
  fc.assert(fc.property(payloads, cuts, (list, sizes) => {
    const bytes = oldBytes(list);
    const group = open();
    const sink = groupSink(group, "04", new VirtualClock());
    const out = groupBytes(group, "03");
    const seen: number[] = [];
    let turn = 0;
    for (let at = 0; at < bytes.byteLength;) {
      const end = at + sizes[turn++ % sizes.length]!;
      sink.append(bytes.subarray(at, end));
      at = end;
      for (let run; (run = out.log.view(seen.length));) seen.push(...run);
    }
    sink.close();
    assert.deepEqual(seen, [...bytes]);
    assert.deepEqual(out.log.ended, { error: undefined });
    assert.equal(group.frameCount, list.length);
  }));
});

Deno.test("groupSink stamps the frames of an old peer as they come", async () => {
  const clock = new VirtualClock();
  const group = open();
  const sink = groupSink(group, "04", clock);
  await clock.advance(100);
  sink.append(Uint8Array.of(1, 7, 0));
  await clock.advance(33.4);
  sink.append(Uint8Array.of(1, 8));
  sink.close();
  const frames = await Array.fromAsync(group.consume().frames());
  assert.deepEqual(frames.map(({ timestamp }) => timestamp), [100, 100, 133]);
});

Deno.test("groupSink refuses a size over the limit before its first byte", () => {
  for (const size of [[0x82, 0, 0, 1], Array(8).fill(0xff)]) {
    const group = open();
    const sink = groupSink(group, "03", new VirtualClock());
    assert.throws(
      () => sink.append(Uint8Array.from(size)),
      (error) => error instanceof MoqError && error.code === "too-large",
    );
    assert.equal(group.log.length, 0);
  }
});

Deno.test("groupSink.close: a group that ends inside a frame is cut", () => {
  for (const bytes of [[1, 5, 0x40], [2, 5]]) {
    const group = open();
    const sink = groupSink(group, "04", new VirtualClock());
    sink.append(Uint8Array.from(bytes));
    sink.close();
    assert.equal(group.log.ended?.error?.code, "decode");
  }
});

Deno.test("GroupBytes.looksCompleteAt: both forms know where a cut looks whole", () => {
  const whole = open();
  for (const [timestamp, size] of [[1, 0], [300, 70], [301, 2]] as const) {
    whole.writeFrame({ timestamp, payload: new Uint8Array(size) });
  }
  const bytes = whole.log.slice(0, whole.log.length);
  const oldEnds = [0, 1, 73, 76];
  for (let cut = 0; cut <= bytes.byteLength; cut++) {
    const group = open();
    group.append(bytes.subarray(0, cut));
    const old = groupBytes(group, "04");
    const sent = all((offset) => old.log.view(offset)).length;
    assert.equal(
      old.looksCompleteAt(sent),
      oldEnds.includes(sent),
      `${sent} bytes of ${cut}`,
    );
    const stored = groupBytes(group, "06");
    // Frames begin at 0, 2 and 76 and have deltas of 1, 2 and 1 byte.
    const looks = [0, 1, 2, 4, 76, 77, 80].includes(cut);
    assert.equal(stored.looksCompleteAt(cut), looks, `${cut} bytes`);
  }
});

Deno.test("groupBytes: a translation is accounted for, and goes with its group", () => {
  const cache = new Cache({ capacityBytes: 15_000 });
  const group = new GroupProducer(0, { cache, maxAgeMs: 1000 });
  group.writeFrame({ timestamp: 0, payload: new Uint8Array(5000) });
  const before = cache.bytes;
  const old = groupBytes(group, "04");
  assert.ok(all((offset) => old.log.view(offset)).length > 5000);
  assert.ok(cache.bytes >= before + 5000);
  group.writeFrame({ timestamp: 0, payload: new Uint8Array(5000) });
  assert.equal(old.log.view(0), undefined);
  assert.equal(group.retired?.code, "evicted");
  assert.equal(cache.bytes, 0);
});

Deno.test("groupBytes translates a group once for all old readers", () => {
  const group = open();
  assert.equal(groupBytes(group, "04"), groupBytes(group, "03"));
  assert.notEqual(groupBytes(group, "06"), groupBytes(group, "03"));
});
