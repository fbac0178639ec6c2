import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import {
  broadcastBehind,
  type BroadcastConsumer,
  BroadcastProducer,
} from "./broadcast.ts";
import { Cache } from "./cache.ts";
import { Origin } from "./origin.ts";
import type { Publication } from "./publication.ts";
import type { TrackSubscription } from "./subscription.ts";
import { trackOf, type TrackProducer } from "./track.ts";

/** One way to the track `video`: a broadcast of its own, as a session would have it. */
class Way {
  readonly track: TrackProducer;
  readonly publication: Publication;
  readonly #broadcast: BroadcastProducer;

  constructor(origin: Origin, hops: readonly bigint[], cost: number) {
    this.#broadcast = new BroadcastProducer({ cache: origin.cache });
    this.track = this.#broadcast.createTrack("video");
    const source = {
      covers: () => true,
      consume: (): BroadcastConsumer => this.#broadcast.consume(),
    };
    const route = { hops, warm: cost, cold: cost };
    this.publication = origin.claim("live", source, route);
  }

  /** Fails the track and has another one of its name from here on. */
  replace(error: MoqError): TrackProducer {
    this.#broadcast.removeTrack("video");
    const next = this.#broadcast.createTrack("video");
    this.track.close(error);
    return next;
  }

  get subscribers(): number {
    return this.track.demand.subscribers;
  }

  write(sequence: number): void {
    const group = this.track.group(sequence);
    group.writeFrame({ timestamp: sequence, payload: new Uint8Array(1) });
    group.close();
  }
}

function bench(): { readonly clock: VirtualClock; readonly origin: Origin } {
  const clock = new VirtualClock();
  return { clock, origin: new Origin({ clock }) };
}

/** When it resolves, every promise that could settle has. */
function settled(): Promise<void> {
  return new VirtualClock().advance(0);
}

async function read(subscription: TrackSubscription): Promise<number[]> {
  await settled();
  const sequences: number[] = [];
  for (let group; (group = subscription.tryNext());) {
    sequences.push(group.sequence);
  }
  return sequences;
}

Deno.test("RoutedBroadcast: many readers are one reader upstream", async () => {
  const { origin } = bench();
  const way = new Way(origin, [1n], 1);
  const readers = [0, 1, 2].map((priority) =>
    origin.consume("live").track("video").subscribe({ priority })
  );
  await settled();
  assert.equal(way.subscribers, 1);
  assert.equal(way.track.demand.wanted?.priority, 2);
  readers[0]!.update({ priority: 200 });
  await settled();
  assert.equal(way.track.demand.wanted?.priority, 200);
  way.write(0);
  for (const reader of readers) assert.deepEqual(await read(reader), [0]);
  for (const reader of readers) reader.close();
  await settled();
  assert.equal(way.subscribers, 0);
});

Deno.test("RoutedBroadcast: a better route takes over between groups", async () => {
  const { origin } = bench();
  const far = new Way(origin, [1n, 7n], 5);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  far.write(0);
  assert.deepEqual(await read(reader), [0]);
  const near = new Way(origin, [1n, 8n], 2);
  await settled();
  assert.deepEqual([far.subscribers, near.subscribers], [0, 1]);
  near.write(0);
  near.write(1);
  assert.deepEqual(await read(reader), [1]);
  reader.close();
});

Deno.test("RoutedBroadcast: the old route finishes the group in flight", async () => {
  const { origin } = bench();
  const far = new Way(origin, [1n, 7n], 5);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  const flying = far.track.group(3);
  const [sequence] = await read(reader);
  assert.equal(sequence, 3);
  const near = new Way(origin, [1n, 8n], 2);
  await settled();
  assert.deepEqual([far.subscribers, near.subscribers], [1, 1]);
  assert.equal(far.track.demand.wanted?.endGroup, 3);
  near.write(3);
  near.write(4);
  assert.deepEqual(await read(reader), [4]);
  flying.writeFrame({ timestamp: 3, payload: new Uint8Array(1) });
  flying.close();
  await settled();
  assert.equal(far.subscribers, 0);
  assert.deepEqual(await read(reader), []);
  reader.close();
});

Deno.test("RoutedBroadcast: the new route replaces a group that the old one cut", async () => {
  const { origin } = bench();
  const far = new Way(origin, [1n, 7n], 5);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  const flying = far.track.group(3);
  await settled();
  const near = new Way(origin, [1n, 8n], 2);
  await settled();
  near.write(3);
  assert.deepEqual(await read(reader), [3]);
  flying.close(new MoqError("transport", "Lost"));
  assert.deepEqual(await read(reader), [3]);
  assert.equal(far.subscribers, 0);
  reader.close();
});

Deno.test("RoutedBroadcast: an endless group keeps the old route for 5 s at most", async () => {
  const { clock, origin } = bench();
  const far = new Way(origin, [1n, 7n], 5);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  far.track.group(3);
  await settled();
  new Way(origin, [1n, 8n], 2);
  await settled();
  await clock.advance(4900);
  assert.equal(far.subscribers, 1);
  await clock.advance(200);
  await settled();
  assert.equal(far.subscribers, 0);
  reader.close();
});

Deno.test("RoutedBroadcast: the next route to the publisher continues", async () => {
  const { origin } = bench();
  const [first, second, third] = [1, 2, 3].map((cost) =>
    new Way(origin, [1n, BigInt(10 + cost)], cost)
  ) as [Way, Way, Way];
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  first.write(0);
  assert.deepEqual(await read(reader), [0]);
  first.track.close(new MoqError("transport", "Lost"));
  await settled();
  assert.equal(second.subscribers, 1);
  second.write(1);
  assert.deepEqual(await read(reader), [1]);
  second.publication.close();
  await settled();
  third.write(2);
  assert.deepEqual(await read(reader), [2]);
  third.track.close();
  assert.equal(await reader.next(), undefined);
});

Deno.test("RoutedBroadcast: a cut group comes again from the next way", async () => {
  const { origin } = bench();
  const first = new Way(origin, [1n, 2n], 1);
  const second = new Way(origin, [1n, 3n], 2);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  const cut = first.track.group(4);
  assert.deepEqual(await read(reader), [4]);
  second.write(4);
  first.publication.close();
  cut.close(new MoqError("transport", "Lost"));
  await settled();
  second.write(5);
  assert.deepEqual(await read(reader), [4, 5]);
  reader.close();
});

Deno.test("RoutedBroadcast: a withdrawn broadcast follows better routes", async () => {
  const { origin } = bench();
  const first = new Way(origin, [1n, 7n], 1);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  first.publication.close();
  assert.throws(() => origin.consume("live"));
  const second = new Way(origin, [1n, 8n], 5);
  const late = origin.consume("live").track("video").subscribe();
  first.track.close(new MoqError("transport", "Lost"));
  await settled();
  assert.equal(second.subscribers, 2);
  const third = new Way(origin, [1n, 9n], 2);
  await settled();
  assert.deepEqual([second.subscribers, third.subscribers], [0, 2]);
  third.write(0);
  assert.deepEqual(await read(reader), [0]);
  assert.deepEqual(await read(late), [0]);
  new Way(origin, [2n], 0);
  for (const one of [reader, late]) await assert.rejects(one.next());
});

Deno.test("RoutedBroadcast: a withdrawn broadcast is read to its end", async () => {
  const { origin } = bench();
  const before = new Way(origin, [1n], 1);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  before.write(0);
  before.publication.close();
  const after = new Way(origin, [1n], 1);
  const late = origin.consume("live").track("video").subscribe();
  await settled();
  assert.deepEqual([before.subscribers, after.subscribers], [1, 1]);
  before.write(1);
  before.track.close();
  after.write(0);
  assert.deepEqual(await read(reader), [0, 1]);
  assert.equal(await reader.next(), undefined);
  assert.deepEqual(await read(late), [0]);
  late.close();
});

Deno.test("RoutedBroadcast: another publisher ends the broadcast", async () => {
  const { origin } = bench();
  new Way(origin, [1n], 5);
  const before = origin.consume("live");
  const reader = before.track("video").subscribe();
  await settled();
  const other = new Way(origin, [2n], 1);
  await assert.rejects(
    reader.next(),
    (error) => error instanceof MoqError && error.code === "unroutable",
  );
  assert.equal((await before.closed)?.code, "unroutable");
  const again = origin.consume("live").track("video").subscribe();
  await settled();
  other.write(0);
  assert.deepEqual(await read(again), [0]);
  again.close();
});

Deno.test("RoutedBroadcast: never moves to a route to another publisher", async () => {
  const { clock, origin } = bench();
  const own = new Way(origin, [1n], 1);
  const other = new Way(origin, [2n], 5);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  own.track.close(new MoqError("expired", "Spent"));
  await clock.run(assert.rejects(
    reader.next(),
    (error) => error instanceof MoqError && error.code === "expired",
  ));
  assert.equal(other.subscribers, 0);
});

Deno.test("RoutedBroadcast: a dropped broadcast follows routes once it is read", async () => {
  const { origin } = bench();
  const first = new Way(origin, [1n], 5);
  const consumer = origin.consume("live");
  const track = consumer.track("video");
  origin.forgetIdle(broadcastBehind(consumer));
  assert.equal(origin.served, 0);
  const reader = track.subscribe();
  await settled();
  assert.equal(first.subscribers, 1);
  const better = new Way(origin, [1n], 1);
  await settled();
  assert.deepEqual([first.subscribers, better.subscribers], [0, 1]);
  reader.close();
});

Deno.test("RoutedBroadcast: does not retry a failed route at once", async () => {
  const { clock, origin } = bench();
  const own = new Way(origin, [1n], 1);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  const next = own.replace(new MoqError("remote", "Cut"));
  await settled();
  own.publication.withdraw();
  await clock.run(assert.rejects(
    reader.next(),
    (error) => error instanceof MoqError && error.code === "remote",
  ));
  assert.equal(next.demand.subscribers, 0);
});

Deno.test("RoutedBroadcast: a route left before it answered has not failed", async () => {
  const { origin } = bench();
  const broadcast = new BroadcastProducer({ cache: origin.cache });
  const requests = broadcast.requests();
  const asked = requests.next();
  const source = {
    covers: () => true,
    consume: (): BroadcastConsumer => broadcast.consume(),
  };
  const route = { hops: [1n, 9n], warm: 5, cold: 5 };
  origin.claim("live", source, route);
  const reader = origin.consume("live").track("video").subscribe();
  await settled();
  for (let i = 0; i < 3; i++) {
    const better = origin.claim("live", source, { ...route, warm: 1 });
    await settled();
    better.close();
    await settled();
  }
  const request = await asked;
  const track = request.value!.accept();
  track.writeFrame({ timestamp: 0, payload: new Uint8Array(1) });
  assert.deepEqual(await read(reader), [0]);
  reader.close();
  await requests.return();
});

Deno.test("RoutedBroadcast: skips a route that refuses, throws the last refusal", async () => {
  const { origin } = bench();
  const way = new Way(origin, [1n], 1);
  const consumer = origin.consume("live");
  const refused = consumer.track("nothing").subscribe();
  await assert.rejects(
    refused.next(),
    (error) => error instanceof MoqError && error.code === "not-found",
  );
  await assert.rejects(consumer.track("nothing").info());
  assert.equal(way.subscribers, 0);
});

Deno.test("RoutedBroadcast: a track keeps its only group without readers", async () => {
  const { clock, origin } = bench();
  const way = new Way(origin, [1n], 1);
  way.write(0);
  const early = origin.consume("live").track("video").subscribe();
  assert.deepEqual(await read(early), [0]);
  early.close();
  await settled();
  await clock.advance(120_000);
  origin.cache.sweep();
  const late = origin.consume("live").track("video").subscribe();
  assert.deepEqual(await read(late), [0]);
  late.close();
});

Deno.test("RoutedBroadcast: 10,000 short-lived readers leak nothing", async () => {
  const { origin } = bench();
  const way = new Way(origin, [1n], 1);
  const track = trackOf(origin.consume("live").track("video"));
  for (let i = 0; i < 10_000; i++) {
    const controller = new AbortController();
    const { signal } = controller;
    const reader = origin.consume("live").track("video").subscribe({ signal });
    const waiting = reader.next();
    if (i % 100 === 0) await settled();
    controller.abort(new MoqError("cancelled", "Left"));
    await assert.rejects(waiting);
  }
  await settled();
  assert.equal(track.subscriptions.size, 0);
  assert.equal(way.track.track.subscriptions.size, 0);
  assert.equal(track.groups.arrivals.size, 0);
});

Deno.test("RoutedBroadcast: a group in the publisher's cache is kept", async () => {
  const { clock, origin } = bench();
  const broadcast = new BroadcastProducer({ cache: new Cache({ clock }) });
  const once = broadcast.createTrack("catalog");
  const often = broadcast.createTrack("video");
  origin.publish("live", broadcast);
  once.writeFrame({ timestamp: 0, payload: new Uint8Array(1) });
  const live = origin.consume("live");
  for (let viewer = 0; viewer < 3; viewer++) {
    const catalog = live.track("catalog").subscribe();
    const video = live.track("video").subscribe();
    assert.deepEqual(await read(catalog), [0], `viewer ${viewer}`);
    catalog.close();
    await clock.advance(10_000);
    often.writeFrame({ timestamp: viewer, payload: new Uint8Array(1) });
    assert.equal((await read(video)).length > 0, true);
    video.close();
    await settled();
  }
});
