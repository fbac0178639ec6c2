import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { Latch } from "../latch.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import { Cache } from "./cache.ts";
import { groupOf, type GroupProducer } from "./group.ts";
import type { SubscribeOptions } from "./demand.ts";
import type { TrackSubscription } from "./subscription.ts";
import {
  DEFAULT_TRACK_INFO,
  Track,
  TrackConsumer,
  type TrackInfo,
  TrackProducer,
  type TrackSource,
} from "./track.ts";

/** A track of `timestamps.length` one-frame groups. */
function written(timestamps: readonly number[]): TrackProducer {
  const cache = new Cache({ clock: new VirtualClock() });
  const info = { ...DEFAULT_TRACK_INFO, maxAgeMs: 30_000 };
  const producer = new TrackProducer(new Track("video", { cache, info }));
  for (const timestamp of timestamps) write(producer, timestamp);
  return producer;
}

function write(
  track: TrackProducer,
  timestamp: number,
  sequence?: number,
): GroupProducer {
  const group = track.group(sequence);
  group.writeFrame({ timestamp, payload: new Uint8Array(1) });
  group.close();
  return group;
}

function drain(subscription: TrackSubscription): number[] {
  const sequences: number[] = [];
  for (let group; (group = subscription.tryNext());) {
    sequences.push(group.sequence);
  }
  return sequences;
}

function first(track: TrackProducer, options: SubscribeOptions): number[] {
  return drain(track.consume().subscribe(options));
}

Deno.test("TrackSubscription begins with what `from` and the maximum age say", () => {
  const track = written([0, 1000, 2000, 3000, 4000]);
  assert.deepEqual(first(track, {}), [4]);
  assert.deepEqual(first(track, { from: "latest", maxAgeMs: 9999 }), [4]);
  assert.deepEqual(first(track, { maxAgeMs: 9999 }), [0, 1, 2, 3, 4]);
  // Group 2 was the live edge until group 3 began, 1000 ms before the newest frame.
  assert.deepEqual(first(track, { maxAgeMs: 1000 }), [2, 3, 4]);
  assert.deepEqual(first(track, { maxAgeMs: 999 }), [3, 4]);
  assert.deepEqual(first(track, { from: "all", startGroup: 3 }), [3, 4]);
  assert.deepEqual(first(track, { from: "all" }), [4]);
  assert.deepEqual(first(track, { maxAgeMs: 9999, startGroup: 2 }), [2, 3, 4]);
});

Deno.test("TrackSubscription measures age from the newest frame when the newest group has none yet", () => {
  const track = written([0, 1000, 60_000, 61_000]);
  track.group();
  assert.deepEqual(first(track, { maxAgeMs: 500 }), [2, 3, 4]);
});

Deno.test("TrackSubscription: a late joiner gets the newest group from frame 0, then every group once", () => {
  const track = written([0, 1000]);
  const open = track.group();
  open.writeFrame({ timestamp: 2000, payload: new Uint8Array(1) });
  const subscription = track.consume().subscribe();
  open.writeFrame({ timestamp: 2001, payload: new Uint8Array(1) });
  const joined = subscription.tryNext();
  assert.equal(joined && groupOf(joined), open);
  assert.equal(open.frame(0, 0)?.timestamp, 2000);
  write(track, 3000);
  assert.deepEqual(drain(subscription), [3]);
  assert.deepEqual(drain(subscription), []);
});

Deno.test("TrackSubscription.update: groups above the end wait and come once, in order, when it is raised", () => {
  const track = written([0, 1, 2]);
  const subscription = track.consume().subscribe({ endGroup: 3 });
  assert.deepEqual(drain(subscription), [2]);
  for (const timestamp of [3, 4, 5, 6]) write(track, timestamp);
  assert.deepEqual(drain(subscription), [3]);
  assert.equal(subscription.isDone, false);
  subscription.update({ endGroup: 5 });
  assert.deepEqual(drain(subscription), [4, 5]);
  subscription.update({ endGroup: undefined });
  assert.deepEqual(drain(subscription), [6]);
  write(track, 7);
  assert.deepEqual(drain(subscription), [7]);
});

Deno.test("TrackSubscription.update: a group that waits unread is not delivered twice", () => {
  const track = written([0, 1, 2]);
  const subscription = track.consume().subscribe({ endGroup: 1 });
  subscription.update({ endGroup: 9 });
  assert.deepEqual(drain(subscription), [2]);
});

Deno.test("TrackSubscription.update: a reader that fell behind the arrivals gets none of them twice", () => {
  const track = written([0]);
  const subscription = track.consume().subscribe({ endGroup: 1 });
  for (let i = 1; i < 10; i++) write(track, i);
  const gone = new MoqError("evicted", "No room");
  for (const group of track.track.groups.cached().slice(0, 3)) {
    group.retire(gone);
  }
  write(track, 10); // prunes
  assert.equal(track.track.groups.arrivals.first, 3);
  subscription.update({ endGroup: undefined });
  assert.deepEqual(drain(subscription), [3, 4, 5, 6, 7, 8, 9, 10]);
});

Deno.test("TrackSubscription.skipTo passes over all but the newest", () => {
  const track = written([0, 1, 2, 3]);
  const subscription = track.consume().subscribe({
    maxAgeMs: 9999,
    endGroup: 5,
  });
  const before = subscription.arrived;
  for (const timestamp of [4, 5, 6]) write(track, timestamp);
  assert.equal(subscription.arrived - before, 3);
  subscription.skipTo(2);
  assert.deepEqual(drain(subscription), [4, 5]);
  subscription.skipTo(2);
  assert.deepEqual(drain(subscription), []);
});

Deno.test("TrackSubscription.skipTo leaves those that are fresh enough", () => {
  const track = written([0]);
  const subscription = track.consume().subscribe({ maxAgeMs: 3 });
  assert.deepEqual(drain(subscription), [0]);
  for (const timestamp of [1, 2, 3, 4, 5, 6]) write(track, timestamp);
  subscription.skipTo(2, { keepsFresh: true });
  assert.deepEqual(drain(subscription), [2, 3, 4, 5, 6]);
});

Deno.test("Track.begin refuses a sequence that is there, takes one that was cut, and none behind the end", () => {
  const { track } = written([0]);
  const subscription = new TrackConsumer(track).subscribe();
  assert.deepEqual(drain(subscription), [0]);
  assert.equal(track.begin(0), undefined);
  track.begin(1)!.close(new MoqError("remote", "Reset"));
  assert.ok(track.begin(1));
  track.finishAt(3);
  assert.ok(track.begin(2));
  assert.equal(track.begin(3), undefined);
  assert.deepEqual(drain(subscription), [1, 1, 2]);
});

Deno.test("Track.begin refuses a whole group that has been let go of, until the readers have changed", async () => {
  const source = new FakeSource();
  const track = new Track("video", { cache: new Cache(), source });
  const reader = new TrackConsumer(track).subscribe();
  const gone = new MoqError("evicted", "No room");
  const groups = [0, 1, 2].map((sequence) => track.begin(sequence)!);
  for (const group of groups.slice(0, 2)) group.close();
  groups[1]!.retire(gone); // behind one that is still there
  assert.equal(track.begin(1), undefined);
  groups[0]!.retire(gone); // at the front, and pruned
  groups[2]!.retire(gone);
  assert.ok(track.begin(3));
  assert.equal(track.begin(0), undefined);
  assert.ok(track.begin(2), "it was never whole");
  reader.close();
  await settled();
  const next = new TrackConsumer(track).subscribe();
  assert.ok(track.begin(0));
  next.close();
});

Deno.test("Track.close: groups stay readable, then the end or the error shows", async () => {
  const complete = written([0]);
  const reading = complete.consume().subscribe();
  complete.close();
  assert.equal((await reading.next())?.sequence, 0);
  assert.equal(await reading.next(), undefined);
  assert.equal(reading.final, 1);

  const failed = written([0]);
  const failing = failed.consume().subscribe();
  failed.close(new MoqError("transport", "Gone"));
  assert.equal((await failing.next())?.sequence, 0);
  await assert.rejects(
    failing.next(),
    (error) => error instanceof MoqError && error.code === "transport",
  );
});

Deno.test("TrackDemand combines what the readers want, and follows them", async () => {
  const track = written([]);
  assert.equal(track.demand.wanted, undefined);
  const one = track.consume().subscribe({
    priority: 3,
    maxAgeMs: 500,
    startGroup: 7,
    endGroup: 20,
  });
  const two = track.consume().subscribe({
    priority: 9,
    startGroup: 5,
    endGroup: 30,
  });
  assert.deepEqual(track.demand.wanted, {
    priority: 9,
    maxAgeMs: 500,
    startGroup: 5,
    endGroup: 30,
  });
  const changed = track.demand.changed();
  two.update({ startGroup: undefined, endGroup: undefined, priority: 1 });
  await changed;
  assert.deepEqual(track.demand.wanted, {
    priority: 3,
    maxAgeMs: 500,
    startGroup: undefined,
    endGroup: undefined,
  });
  one.close();
  two.close();
  assert.equal(track.demand.subscribers, 0);
});

Deno.test("TrackProducer.writeDatagram: the newest 64 wait for a reader, from when it joined on, and are groups like the others", async () => {
  const track = written([]);
  const payload = new Uint8Array(1);
  track.writeDatagram({ timestamp: 0, payload });
  const subscription = track.consume().subscribe();
  for (let i = 1; i <= 70; i++) track.writeDatagram({ timestamp: i, payload });
  write(track, 71);
  const seen = drain(subscription);
  assert.deepEqual([seen.length, seen[0], seen.at(-1)], [65, 7, 71]);
  const late = track.consume().subscribe();
  track.writeDatagram({ timestamp: 72, payload });
  track.close();
  assert.deepEqual(drain(late), [71, 72]);
  assert.equal(late.isDone, true);
  await assert.rejects(
    track.consume().fetch(70),
    (error) => error instanceof MoqError && error.code === "not-found",
  );
});

Deno.test("TrackProducer.writeDatagram refuses what it cannot say, and the time after the end", () => {
  const track = written([]);
  const payload = new Uint8Array(1);
  assert.throws(
    () => track.writeDatagram({ timestamp: -1, payload }),
    TypeError,
  );
  track.close();
  assert.throws(
    () => track.writeDatagram({ timestamp: 1, payload }),
    TypeError,
  );
});

Deno.test("Track.insertDatagram: a group that came both ways is there once, and one that was cut comes again", () => {
  const { track } = written([0, 1]);
  const frame = { timestamp: 5, payload: new Uint8Array(1) };
  const reader = new TrackConsumer(track).subscribe();
  assert.deepEqual(drain(reader), [1]);
  assert.equal(track.insertDatagram(1, frame), false);
  assert.equal(track.insertDatagram(2, frame), true);
  assert.equal(track.insertDatagram(2, frame), false);
  assert.equal(track.begin(2), undefined);
  const cut = track.begin(3)!;
  assert.equal(track.insertDatagram(3, frame), false);
  cut.close(new MoqError("remote", "Cut"));
  assert.equal(track.insertDatagram(3, frame), true);
  assert.deepEqual(drain(reader), [2, 3, 3]);
  for (let i = 4; i < 100; i++) track.insertDatagram(i, frame);
  assert.equal(track.insertDatagram(4, frame), false, "long gone, not new");
});

/** A source whose runs are counted and end when the test says so. */
class FakeSource implements TrackSource {
  readonly latch = new Latch();
  infos = 0;
  runs = 0;
  stopped = 0;
  mayStop = true;
  track: TrackProducer | undefined;

  async info(): Promise<TrackInfo> {
    this.infos++;
    await Promise.resolve();
    return DEFAULT_TRACK_INFO;
  }

  fetch(): Promise<never> {
    return Promise.reject(new MoqError("not-found", "No such group"));
  }

  async run(track: TrackProducer, signal: AbortSignal): Promise<void> {
    this.runs++;
    this.track = track;
    const release = this.latch.wakeOn(signal);
    while (!signal.aborted || !this.mayStop) await this.latch.changed();
    release();
    this.stopped++;
  }
}

/** When it resolves, every promise that could settle has. */
function settled(): Promise<void> {
  return new VirtualClock().advance(0);
}

Deno.test("Track: one question and one run for all readers; the last one out stops it, the next starts it again", async () => {
  const source = new FakeSource();
  const track = new Track("video", { cache: new Cache(), source });
  await Promise.all([track.info(), track.info()]);
  assert.equal(source.infos, 1);
  const readers = [0, 1, 2].map(() => new TrackConsumer(track).subscribe());
  await settled();
  assert.equal(source.runs, 1);
  write(source.track!, 1, 500);
  for (const reader of readers) reader.close();
  await settled();
  assert.equal(source.stopped, 1);

  // What was there is for fetches alone: the live edge is elsewhere by now.
  const again = new TrackConsumer(track).subscribe({ maxAgeMs: 60_000 });
  await settled();
  assert.equal(source.runs, 2);
  assert.deepEqual(drain(again), []);
  assert.equal((await track.fetch(500, {})).sequence, 500);
  write(source.track!, 2, 20);
  assert.deepEqual(drain(again), [20]);
  again.close();
});

Deno.test("Track: who comes while the source is still stopping gets a run of its own", async () => {
  const source = new FakeSource();
  source.mayStop = false;
  const track = new Track("video", { cache: new Cache(), source });
  new TrackConsumer(track).subscribe().close();
  const waiting = new TrackConsumer(track).subscribe();
  await settled();
  assert.equal(source.runs, 1);
  source.mayStop = true;
  source.latch.wake();
  await settled();
  assert.equal(source.runs, 2);
  waiting.close();
});

Deno.test("Track: readers that set aside its groups again and again leave no more behind than it keeps", async () => {
  const clock = new VirtualClock();
  const source = new FakeSource();
  const cache = new Cache({ clock });
  const track = new Track("video", { cache, source });
  for (let i = 0; i < 100; i++) {
    const reader = new TrackConsumer(track).subscribe();
    await clock.advance(1000);
    source.track!.group(i).close();
    reader.close();
    await settled();
  }
  const fetches = Array.from({ length: 100 }, (_, i) => track.fetch(i, {}));
  const left = (await Promise.allSettled(fetches))
    .filter(({ status }) => status === "fulfilled").length;
  assert.ok(left > 0 && left < 10, `${left} groups of 100 are left`);
});

Deno.test("Track.fetch does not pass a cut group or a tail off as the whole", async () => {
  const source = new FakeSource();
  const track = new Track("video", { cache: new Cache(), source });
  track.begin(1)!.close(new MoqError("remote", "Reset"));
  track.begin(2, { frameStart: 5 })!.close();
  track.begin(3)!.close();
  for (const sequence of [1, 2, 4]) {
    await assert.rejects(
      track.fetch(sequence, {}),
      (error) => error instanceof MoqError && error.code === "not-found",
    );
  }
  assert.equal((await track.fetch(3, {})).sequence, 3);
});

Deno.test("Track.info: a refusal reaches all who wait, and the next one asks again", async () => {
  let asked = 0;
  const source: TrackSource = {
    info: () => {
      asked++;
      return Promise.reject(new MoqError("not-found", "No such track"));
    },
    fetch: () => Promise.reject(new Error("unused")),
    run: () => Promise.resolve(),
  };
  const track = new Track("video", { cache: new Cache(), source });
  const answers = await Promise.allSettled([track.info(), track.info()]);
  assert.deepEqual(answers.map(({ status }) => status), [
    "rejected",
    "rejected",
  ]);
  assert.equal(asked, 1);
  await assert.rejects(track.info());
  assert.equal(asked, 2);
});
