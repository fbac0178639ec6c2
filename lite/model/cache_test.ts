import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { Cache } from "./cache.ts";
import { GroupProducer } from "./group.ts";
import { Track } from "./track.ts";

interface Bench {
  readonly clock: VirtualClock;
  readonly cache: Cache;
  readonly group: (sequence: number, bytes?: number) => GroupProducer;
}

function bench(capacityBytes?: number): Bench {
  const clock = new VirtualClock();
  const cache = new Cache({ clock, capacityBytes });
  const group = (sequence: number, bytes = 1000): GroupProducer => {
    const made = new GroupProducer(sequence, { cache, maxAgeMs: 5000 });
    if (bytes > 0) {
      made.writeFrame({ timestamp: 0, payload: new Uint8Array(bytes) });
    }
    made.close();
    return made;
  };
  return { clock, cache, group };
}

const fateOf = (group: GroupProducer) => group.retired?.code;

Deno.test("Cache: over budget the least recently used goes, the pinned one stays", () => {
  const { cache, group } = bench(5000);
  const [pinned, oldest, used] = [group(0), group(1), group(2)];
  cache.pin(pinned);
  used.touch();
  oldest.touch();
  group(3);
  assert.equal(cache.groups, 3);
  assert.equal(fateOf(used), "evicted");
  assert.equal(fateOf(pinned), undefined);
  assert.equal(fateOf(oldest), undefined);
  assert.ok(cache.bytes <= 5000);
});

Deno.test("Cache: pinned groups alone may be over budget, and everything else goes", () => {
  const { cache, group } = bench(3000);
  const pinned = [0, 1].map((sequence) => group(sequence));
  for (const one of pinned) cache.pin(one);
  const others = [2, 3, 4].map((sequence) => group(sequence, 500));
  const big = group(5, 10_000);
  cache.pin(big);
  assert.deepEqual(others.map(fateOf), [
    "evicted",
    "evicted",
    "evicted",
  ]);
  assert.deepEqual(pinned.map(fateOf), [undefined, undefined]);
});

Deno.test("Cache: bytes count to zero again whatever the order of pins and releases", () => {
  const { cache, group } = bench();
  const groups = [0, 1, 2, 3].map((sequence) => group(sequence));
  cache.pin(groups[0]!);
  cache.pin(groups[1]!);
  cache.unpin(groups[1]!);
  cache.unpin(groups[2]!);
  assert.ok(cache.bytes >= 4000);
  for (const one of groups) one.retire(new MoqError("evicted", "No room"));
  cache.unpin(groups[0]!);
  cache.pin(groups[3]!);
  assert.deepEqual([cache.bytes, cache.groups], [0, 0]);
});

Deno.test("Cache.unpin: a group that two tracks hold stays until the second lets go", async () => {
  const { clock, cache, group } = bench();
  const shared = group(0);
  cache.pin(shared);
  cache.pin(shared);
  cache.unpin(shared);
  await clock.advance(60_000);
  cache.sweep();
  assert.equal(fateOf(shared), undefined);
  cache.unpin(shared);
  cache.sweep();
  assert.equal(fateOf(shared), "expired");
});

Deno.test("Cache.sweep: a group goes when its age since the last use has passed, not before", async () => {
  const { clock, cache, group } = bench();
  const [left, used] = [group(0), group(1)];
  await clock.advance(4999);
  used.touch();
  cache.sweep();
  assert.deepEqual([left, used].map(fateOf), [undefined, undefined]);
  await clock.advance(1);
  cache.sweep();
  assert.equal(fateOf(left), "expired");
  assert.equal(fateOf(used), undefined);
});

Deno.test("Cache: groups without a byte are accounted for and expire too", async () => {
  const { clock, cache } = bench();
  const track = new Track("empty", { cache });
  for (let i = 0; i < 100; i++) track.begin(i)?.close();
  assert.equal(cache.groups, 100);
  await clock.advance(60_000);
  cache.sweep();
  assert.equal(cache.groups, 1);
  assert.equal(track.groups.latest?.sequence, 99);
});
