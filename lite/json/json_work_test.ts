import assert from "node:assert/strict";
import { BroadcastProducer } from "../model/broadcast.ts";
import type { Clock } from "../time.ts";
import { type Compression, consumeSnapshots, consumeStream } from "./mod.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { PatchedValue } from "./patched_value.ts";
import { WorkMeter } from "./work_meter.ts";

const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(value));

const manyFields = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 0]));

/** Time that only passes in rests, and how much of it did. */
class RestingClock implements Clock {
  restedMs = 0;

  now(): number {
    return this.restedMs;
  }

  after(ms: number, then: () => void): () => void {
    this.restedMs += ms;
    const timer = setTimeout(then, 0);
    return () => clearTimeout(timer);
  }
}

Deno.test("PatchedValue: a patch costs its own size, not the value's", () => {
  const value = new PatchedValue(manyFields(90_000));
  let steps = 0;
  for (let i = 0; i < 1000; i++) steps += value.apply({ k1: i });
  assert.equal(steps, 2000);
  assert.equal((value.handOut() as Record<string, number>).k1, 999);
});

Deno.test("PatchedValue: what was handed out does not change", () => {
  const value = new PatchedValue({ a: { b: { c: 1 } }, d: { e: 1 } });
  const first = value.handOut();
  value.apply({ a: { b: { c: 2 } } });
  value.apply({ a: { b: { f: 3 } }, g: { h: null, i: 4 } });
  const second = value.handOut();
  value.apply({ a: null, g: { i: 5 } });
  assert.deepEqual(first, { a: { b: { c: 1 } }, d: { e: 1 } });
  assert.deepEqual(second, {
    a: { b: { c: 2, f: 3 } },
    d: { e: 1 },
    g: { i: 4 },
  });
  assert.deepEqual(value.handOut(), { d: { e: 1 }, g: { i: 5 } });
  // One level is copied for each object on the way, the rest is shared.
  const { d } = first as Record<string, unknown>;
  assert.equal((second as Record<string, unknown>).d, d);
});

Deno.test("PatchedValue: __proto__ is a field like any other", () => {
  const value = new PatchedValue(JSON.parse('{"__proto__":{"a":1},"b":1}'));
  value.handOut();
  value.apply(JSON.parse('{"__proto__":{"c":2},"constructor":{"d":3}}'));
  const text = JSON.stringify(value.handOut());
  assert.equal(
    text,
    '{"__proto__":{"a":1,"c":2},"b":1,"constructor":{"d":3}}',
  );
  assert.equal(({} as Record<string, unknown>).c, undefined);
  assert.equal((Object as unknown as Record<string, unknown>).d, undefined);
});

Deno.test("consumeSnapshots: patches to a large value make the reader rest", async () => {
  const clock = new RestingClock();
  const track = new BroadcastProducer().createTrack("json");
  const values = consumeSnapshots(track.consume(), { clock });
  const group = track.group();
  group.writeFrame({ timestamp: 0, payload: bytesOf(manyFields(10_000)) });
  await values.next();
  for (let i = 1; i <= 20; i++) {
    group.writeFrame({ timestamp: 0, payload: bytesOf({ k0: i }) });
    const { value } = await values.next();
    assert.equal((value as Record<string, number>).k0, i);
  }
  await values.return();
  // Each update copies 10,000 fields and hands them out.
  assert.ok(clock.restedMs > 20 * 20, `rested ${clock.restedMs} ms`);
});

Deno.test("consumeSnapshots: a group that causes too much work ends the reading", async () => {
  const clock = new RestingClock();
  const track = new BroadcastProducer().createTrack("json");
  const values = consumeSnapshots(track.consume(), { clock, maxFields: 1000 });
  const group = track.group();
  group.writeFrame({ timestamp: 0, payload: bytesOf(manyFields(1000)) });
  let updates = 0;
  await assert.rejects(async () => {
    for await (const _ of values) {
      if (updates++ > 1000) break;
      group.writeFrame({ timestamp: 0, payload: bytesOf({ k0: updates }) });
    }
  }, { code: "too-large", message: /takes more than 1024000 steps/ });
  assert.ok(updates > 200 && updates < 1000, `${updates} updates`);
});

Deno.test("consumeStream: a compressed group may not inflate without end", async () => {
  const thousandfold: Compression = {
    deflate: () => ({ frame: (bytes) => bytes }),
    inflate: () => ({ frame: () => bytesOf("x".repeat(998)) }),
  };
  const track = new BroadcastProducer().createTrack("json");
  const group = track.group();
  for (let i = 0; i < 100; i++) {
    group.writeFrame({ timestamp: 0, payload: Uint8Array.of(1) });
  }
  group.close();
  track.close();
  const records = consumeStream(track.consume(), {
    compression: thousandfold,
    maxBytes: 1000,
    clock: new RestingClock(),
  });
  let count = 0;
  await assert.rejects(async () => {
    for await (const _ of records) count++;
  }, { code: "too-large", message: /over the limit of 64000/ });
  assert.equal(count, 64);
});

Deno.test("WorkMeter: readers that work much share the rest, others do not wait", async () => {
  const clock = new VirtualClock();
  const meters = Array.from(
    { length: 10 },
    () => new WorkMeter(clock, Infinity),
  );
  const rested = meters.map(async (meter) => {
    meter.charge(100_000);
    await meter.rest(10);
    return clock.now();
  });
  const light = new WorkMeter(clock, Infinity);
  light.charge(1000);
  await light.rest(10);
  assert.equal(clock.now(), 0);
  assert.deepEqual(
    await clock.run(Promise.all(rested)),
    [200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000],
  );
});
