import assert from "node:assert/strict";
import { MoqError } from "../error.ts";
import { Cache } from "../model/cache.ts";
import { groupOf, GroupProducer } from "../model/group.ts";
import { onAbort } from "../signal.ts";
import { sleep } from "../time.ts";
import { VirtualClock } from "../transport/virtual_clock.ts";
import {
  FAIR_WAIT_MS,
  Fetches,
  MAX_FETCHES,
  MAX_WAITING_FETCHES,
} from "./fetches.ts";
import { Tasks } from "../tasks.ts";

/** A session's fetches, and what they ask the peer for. */
class Asked {
  readonly clock = new VirtualClock();
  readonly session = new AbortController();
  readonly tasks = new Tasks((_name, error) => {
    throw error;
  });
  readonly groups: GroupProducer[] = [];
  readonly ended: MoqError[] = [];
  readonly fetches = new Fetches({
    clock: this.clock,
    signal: this.session.signal,
    tasks: this.tasks,
  });
  readonly #cache = new Cache({ clock: this.clock });

  fetch(sequence: number, signal?: AbortSignal, broadcast = "room") {
    const target = { broadcast, name: "chat", sequence };
    return this.fetches.fetch(target, async (over) => {
      over.throwIfAborted();
      const group = new GroupProducer(sequence, {
        cache: this.#cache,
        maxAgeMs: 1000,
      });
      this.groups.push(group);
      const received = new Promise<void>((resolve) => {
        onAbort(over, () => {
          this.ended.push(over.reason as MoqError);
          resolve();
        });
        void group.log.changed().then(resolve);
      });
      return await Promise.resolve({ group, received });
    }, { signal });
  }
}

Deno.test("Fetches: equal fetches share one request", async () => {
  const asked = new Asked();
  const readers = await Promise.all([1, 2, 3].map(() => asked.fetch(0)));
  await asked.fetch(7);
  assert.deepEqual(asked.groups.map(({ sequence }) => sequence), [0, 7]);
  assert.ok(readers.every((one) => groupOf(one) === asked.groups[0]));
  for (const group of asked.groups) group.close();
  await asked.tasks.settled();
});

Deno.test("Fetches: a request ends when its last reader leaves", async () => {
  const asked = new Asked();
  const [first, second] = [new AbortController(), new AbortController()];
  await asked.fetch(0, first.signal);
  await asked.fetch(0, second.signal);
  first.abort();
  assert.equal(asked.ended.length, 0);
  second.abort();
  await asked.tasks.settled();
  assert.equal(asked.ended[0]?.code, "cancelled");
  const again = await asked.fetch(0);
  assert.equal(groupOf(again), asked.groups[1]);
  asked.session.abort(new MoqError("closed", "Over"));
  await asked.tasks.settled();
});

Deno.test("Fetches: a reader that leaves early gets its own reason", async () => {
  const asked = new Asked();
  const leaving = new AbortController();
  const fetched = asked.fetch(0, leaving.signal);
  const reason = new Error("enough");
  leaving.abort(reason);
  await assert.rejects(fetched, (error) => error === reason);
  await asked.tasks.settled();
});

Deno.test("Fetches: one too many waits for another to end", async () => {
  const asked = new Asked();
  for (let i = 0; i < MAX_FETCHES; i++) await asked.fetch(i);
  const late = asked.fetch(1000);
  assert.equal(asked.groups.length, MAX_FETCHES);
  asked.groups[3]!.close();
  assert.equal((await late).sequence, 1000);
  asked.session.abort(new MoqError("closed", "Over"));
  await asked.tasks.settled();
});

Deno.test("Fetches: who waits gets its turn in order, however long it takes", async () => {
  const asked = new Asked();
  for (let i = 0; i < MAX_FETCHES; i++) await asked.fetch(i);
  const order: number[] = [];
  const waiting = [100, 101, 102, 103].map(async (sequence) => {
    order.push((await asked.fetch(sequence)).sequence);
  });
  await asked.clock.run((async () => {
    for (let i = 0; i < 4; i++) {
      await sleep(asked.clock, 9000);
      asked.groups[i]!.close();
    }
    await Promise.all(waiting);
  })());
  assert.deepEqual(order, [100, 101, 102, 103]);
  asked.session.abort(new MoqError("closed", "Over"));
  await asked.tasks.settled();
});

Deno.test("Fetches: one that leaves the queue keeps no place", async () => {
  const asked = new Asked();
  for (let i = 0; i < MAX_FETCHES; i++) await asked.fetch(i);
  const leaving = new AbortController();
  const given = asked.fetch(100, leaving.signal);
  const late = asked.fetch(101);
  const reason = new Error("enough");
  leaving.abort(reason);
  await assert.rejects(given, (error) => error === reason);
  asked.groups[0]!.close();
  assert.equal((await late).sequence, 101);
  asked.session.abort(new MoqError("closed", "Over"));
  await asked.tasks.settled();
});

Deno.test("Fetches: waiting for a turn is bounded in time and number", async () => {
  const asked = new Asked();
  for (let i = 0; i < MAX_FETCHES; i++) await asked.fetch(i);
  const waiting = Array.from(
    { length: MAX_WAITING_FETCHES },
    (_, i) => asked.fetch(1000 + i).catch((error: MoqError) => error),
  );
  await assert.rejects(asked.fetch(9000), { code: "lagged" });
  for (const one of await asked.clock.run(Promise.all(waiting))) {
    assert.ok(one instanceof MoqError && one.code === "timeout");
  }
  assert.equal(asked.clock.now(), 10_000);
  assert.equal(asked.groups.length, MAX_FETCHES);
  asked.session.abort(new MoqError("closed", "Over"));
  await asked.tasks.settled();
});

Deno.test("Fetches: a broadcast whose groups never end makes room for another", async () => {
  const asked = new Asked();
  const greedy = Array.from(
    { length: MAX_FETCHES + 20 },
    (_, i) => asked.fetch(i).catch((error: MoqError) => error),
  );
  const honest = asked.fetch(5000, undefined, "other");
  await asked.clock.advance(FAIR_WAIT_MS - 1);
  assert.equal(asked.ended.length, 0);
  await asked.clock.advance(1);
  assert.equal((await honest).sequence, 5000);
  assert.deepEqual(asked.ended.map(({ code }) => code), ["lagged"]);
  asked.session.abort(new MoqError("closed", "Over"));
  await Promise.all(greedy);
  await asked.tasks.settled();
});

Deno.test("Fetches: one broadcast alone keeps its places", async () => {
  const asked = new Asked();
  for (let i = 0; i < MAX_FETCHES; i++) await asked.fetch(i);
  const late = asked.fetch(1000).catch((error: MoqError) => error.code);
  await asked.clock.advance(5 * FAIR_WAIT_MS);
  assert.equal(asked.ended.length, 0);
  assert.equal(await late, "timeout");
  asked.session.abort(new MoqError("closed", "Over"));
  await asked.tasks.settled();
});
