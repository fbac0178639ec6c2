import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { Cache } from "./cache.ts";
import { CacheShare } from "./cache_share.ts";
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

/** An open group of a share that stays the newest of its track. */
function newest(
  cache: Cache,
  { share, sequence }: {
    readonly share: CacheShare;
    readonly sequence: number;
  },
): GroupProducer {
  const group = new GroupProducer(sequence, { cache, share, maxAgeMs: 5000 });
  group.pin();
  return group;
}

function grow(group: GroupProducer, bytes: number): void {
  group.writeFrame({ timestamp: 0, payload: new Uint8Array(bytes) });
}

Deno.test("Cache: over budget the largest publisher loses its oldest group", () => {
  const { cache } = bench(32_000);
  const losses: string[] = [];
  const onLoss = ({ code, message }: MoqError): void => {
    losses.push(`${code} ${message}`);
  };
  const small = new CacheShare("small");
  const large = new CacheShare("large", onLoss);
  const others = [0, 1, 2].map((sequence) =>
    newest(cache, { share: small, sequence: sequence })
  );
  for (const other of others) grow(other, 2000);
  const catalog = newest(cache, { share: large, sequence: 0 });
  grow(catalog, 10);
  const groups = Array.from(
    { length: 60 },
    (_, i) => newest(cache, { share: large, sequence: i + 1 }),
  );
  for (const group of groups) {
    for (let i = 0; i < 4; i++) {
      if (!group.retired) grow(group, 1000);
      assert.ok(cache.bytes <= 32_000, `${cache.bytes} bytes`);
    }
  }
  assert.ok(others.every((other) => !other.retired));
  assert.equal(catalog.retired, undefined);
  const kept = groups.filter((group) => !group.retired);
  assert.deepEqual(kept, groups.slice(groups.length - kept.length));
  assert.equal(losses.length, groups.length - kept.length);
  assert.match(
    losses[0]!,
    /^evicted Group 1 evicted: .* large holds \d+ of them$/,
  );
});

Deno.test("Cache: a large publisher loses its own past groups first", () => {
  const { cache } = bench(20_000);
  const [small, large] = ["small", "large"].map((owner) =>
    new CacheShare(owner)
  );
  const past = newest(cache, { share: small!, sequence: 0 });
  grow(past, 3000);
  past.unpin();
  for (let i = 0; i < 10; i++) {
    const group = newest(cache, { share: large!, sequence: i });
    grow(group, 4000);
    group.close();
    group.unpin();
  }
  assert.equal(past.retired, undefined);
  assert.ok(cache.bytes <= 20_000);
});

Deno.test("Cache: a single group may exceed the budget", () => {
  const { cache } = bench(3000);
  const share = new CacheShare("only");
  const group = newest(cache, { share: share, sequence: 0 });
  grow(group, 10_000);
  assert.equal(group.retired, undefined);
  grow(
    newest(cache, { share: new CacheShare("other"), sequence: 0 }),
    10,
  );
  assert.equal(fateOf(group), "evicted");
});

Deno.test("GroupProducer.writeFrame: an evicted group throws evicted", () => {
  const { cache } = bench();
  const group = newest(cache, {
    share: new CacheShare("only"),
    sequence: 0,
  });
  group.retire(new MoqError("evicted", "No room"));
  assert.throws(
    () => grow(group, 1),
    (error) => error instanceof MoqError && error.code === "evicted",
  );
});

Deno.test("Cache: bytes return to zero after any order of pins and releases", () => {
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

Deno.test("Cache.unpin: a group of two tracks stays until the second unpins", async () => {
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

Deno.test("Cache.sweep: a group expires after its age since the last use", async () => {
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
