import assert from "node:assert/strict";
import fc from "fast-check";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { Cache } from "./cache.ts";
import { SequenceIndex } from "./sequence_index.ts";
import type { TrackSubscription } from "./subscription.ts";
import { DEFAULT_TRACK_INFO, Track, TrackProducer } from "./track.ts";

const MANY = 16_000;

function trackOf(groups: number): TrackProducer {
  const cache = new Cache({ clock: new VirtualClock() });
  const info = { ...DEFAULT_TRACK_INFO, maxAgeMs: 30_000 };
  const track = new TrackProducer(new Track("video", { cache, info }));
  add(track, groups);
  return track;
}

function add(track: TrackProducer, groups: number): void {
  for (let i = 0; i < groups; i++) {
    const timestamp = track.track.groups.highest + 1;
    track.writeFrame({ timestamp, payload: new Uint8Array(1) });
  }
}

function drain(subscription: TrackSubscription): number[] {
  const sequences: number[] = [];
  for (let group; (group = subscription.tryNext());) {
    sequences.push(group.sequence);
  }
  return sequences;
}

/** Counts how many groups are looked at from here on. */
function looks({ track }: TrackProducer): () => number {
  const { arrivals, index } = track.groups;
  let count = 0;
  for (const list of [arrivals, index]) {
    const at = list.at.bind(list) as (place: number) => undefined;
    list.at = (place: number) => {
      count++;
      return at(place);
    };
  }
  return () => count;
}

Deno.test("TrackSubscription: to begin in a large cache takes few steps", () => {
  const track = trackOf(MANY);
  const count = looks(track);
  const wishes = [
    { maxAgeMs: 1e9 },
    { maxAgeMs: MANY / 2 },
    { from: "all", startGroup: 5 },
    {},
  ] as const;
  for (const wish of wishes) {
    for (let i = 0; i < 100; i++) {
      const subscription = track.consume().subscribe(wish);
      assert.ok(subscription.tryNext());
      subscription.close();
    }
  }
  assert.ok(count() < 400 * 60, `${count()} looks for 400 subscriptions`);
});

Deno.test("TrackSubscription.update: takes few steps over a large cache", () => {
  const track = trackOf(0);
  const subscription = track.consume().subscribe({ endGroup: 0 });
  const past = track.consume().subscribe({ maxAgeMs: 1e9 });
  add(track, MANY);
  drain(subscription);
  const late = track.consume().subscribe({
    maxAgeMs: 1e9,
    startGroup: 1,
    endGroup: 1,
  });
  const count = looks(track);
  let read = 0;
  for (let i = 0; i < 2000; i++) {
    for (const one of [subscription, late]) {
      one.update({ endGroup: undefined });
      if (one.tryNext()) read++;
      one.update({ endGroup: 0 });
      assert.equal(one.tryNext(), undefined);
    }
  }
  assert.ok(read > 3000, `${read} groups read`);
  assert.ok(count() < 8000 * 30, `${count()} looks for 8000 changes`);
  past.close();
});

Deno.test("TrackSubscription.update: no group comes twice, however the end moves", () => {
  const track = trackOf(5);
  const subscription = track.consume().subscribe({ maxAgeMs: 1e9 });
  assert.deepEqual(drain(subscription), [0, 1, 2, 3, 4]);
  add(track, 3);
  assert.deepEqual(drain(subscription), [5, 6, 7]);
  for (const endGroup of [3, 6, 0, undefined]) {
    subscription.update({ endGroup });
    assert.deepEqual(drain(subscription), []);
  }
  const held = track.consume().subscribe({ maxAgeMs: 1e9, endGroup: 2 });
  assert.deepEqual(drain(held), [0, 1, 2]);
  held.update({ endGroup: 1 });
  assert.deepEqual(drain(held), []);
  add(track, 1);
  held.update({ endGroup: 4 });
  assert.deepEqual(drain(held), [3, 4]);
  held.update({ endGroup: undefined });
  assert.deepEqual(drain(held), [5, 6, 7, 8]);
});

Deno.test("TrackSubscription: at most 2048 groups above the end wait", () => {
  const track = trackOf(0);
  const subscription = track.consume().subscribe({ endGroup: 0 });
  add(track, MANY);
  assert.deepEqual(drain(subscription), [0]);
  subscription.update({ endGroup: undefined });
  const held = drain(subscription);
  assert.ok(held.length >= 1024 && held.length <= 2048, `${held.length} held`);
  assert.equal(held.at(-1), MANY - 1);
});

Deno.test("TrackSubscription.update, close wake only their own reader", async () => {
  const track = trackOf(1);
  const [one, other] = [0, 1].map(() => track.consume().subscribe());
  let isWoken = false;
  const woken = other!.changed().then(() => isWoken = true);
  const own = one!.changed();
  one!.update({ priority: 7 });
  await own;
  one!.close();
  await Promise.resolve();
  assert.equal(isWoken, false);
  add(track, 1);
  await woken;
});

Deno.test("SequenceIndex: equals a sorted list after any changes", () => {
  const change = fc.record({
    sequence: fc.nat(20),
    isRemoved: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
    const index = new SequenceIndex<{ sequence: number; number: number }>();
    let list: { sequence: number; number: number }[] = [];
    for (const [number, { sequence, isRemoved }] of changes.entries()) {
      if (isRemoved) {
        index.remove(sequence);
        const place = list.findIndex((one) => one.sequence === sequence);
        list = list.filter((_, i) => i !== place);
      } else {
        index.add({ sequence, number });
        list.push({ sequence, number });
        list.sort((a, b) => a.sequence - b.sequence || a.number - b.number);
      }
      assert.deepEqual([...index], list);
      const place = list.findIndex((one) => one.sequence >= 10);
      assert.equal(index.placeOf(10), place < 0 ? list.length : place);
    }
  }));
});
