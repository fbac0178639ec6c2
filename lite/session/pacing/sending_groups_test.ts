import assert from "node:assert/strict";
import { MoqError } from "../../error.ts";
import { Cache } from "../../model/cache.ts";
import { GroupProducer } from "../../model/group.ts";
import { VirtualClock } from "../../transport/virtual_clock.ts";
import { SendWindow } from "./send_window.ts";
import { type Sending, SendingGroups } from "./sending_groups.ts";

interface World {
  readonly clock: VirtualClock;
  readonly path: { isCongested: boolean };
  readonly window: SendWindow;
  readonly groups: SendingGroups;
  /** Begins a group with frames at these timestamps. */
  begin(sequence: number, ...timestamps: number[]): Sending;
}

/** Groups of one subscription, in milliseconds, with the window full. */
function world(maxAgeMs: number | undefined): World {
  const clock = new VirtualClock();
  const path = { isCongested: false };
  const window = new SendWindow(100);
  const groups = new SendingGroups(clock, path);
  const live: { latest: GroupProducer | undefined } = { latest: undefined };
  groups.freshness = { maxAgeMs, timescale: 1000, live };
  window.open(100).grant(200);
  const cache = new Cache({ clock });
  return {
    clock,
    path,
    window,
    groups,
    begin(sequence, ...timestamps) {
      const group = new GroupProducer(sequence, { cache, maxAgeMs: 5000 });
      for (const timestamp of timestamps) {
        group.writeFrame({ timestamp, payload: new Uint8Array(10) });
      }
      live.latest = group;
      return groups.begin({ group, flow: window.open(sequence) });
    },
  };
}

function codeOf({ signal }: Sending): string | undefined {
  return signal.aborted ? (signal.reason as MoqError).code : undefined;
}

Deno.test("SendingGroups: congested, a waiting group is cut for a newer one", async () => {
  const { begin, path } = world(0);
  path.isCongested = true;
  const old = begin(0, 0);
  const waiting = old.wait(10);
  assert.equal(codeOf(old), undefined, "it is the newest itself");
  const empty = begin(1);
  assert.equal(codeOf(old), undefined, "until the next one has a frame");
  empty.group.writeFrame({ timestamp: 1000, payload: new Uint8Array(1) });
  begin(2, 2000);
  assert.equal(codeOf(old), "expired");
  assert.equal(await waiting, 0);
});

Deno.test("SendingGroups: the maximum age is media time from the next group", async () => {
  const { begin, path, groups, window } = world(500);
  path.isCongested = true;
  const old = begin(0, 0, 900);
  const waiting = old.wait(10);
  const next = begin(1, 1000, 1400);
  groups.cutStale();
  assert.equal(codeOf(old), undefined);
  next.group.writeFrame({ timestamp: 1500, payload: new Uint8Array(1) });
  groups.cutStale();
  assert.equal(codeOf(old), "expired");
  assert.equal(await waiting, 0);
  assert.equal(window.isFull, false, "no group waits");
});

Deno.test("SendingGroups: without a maximum age a third group cuts the oldest", async () => {
  const { begin, path } = world(undefined);
  path.isCongested = true;
  const first = begin(0, 0);
  const second = begin(1, 1000);
  const waits = [first.wait(10), second.wait(10)];
  assert.equal(codeOf(first), undefined);
  const third = begin(2, 2000);
  assert.equal(codeOf(first), "expired");
  assert.equal(codeOf(second), undefined);
  third.cut(new MoqError("cancelled", "Enough"));
  second.cut(new MoqError("cancelled", "Enough"));
  assert.deepEqual(await Promise.all(waits), [0, 0]);
});

Deno.test("SendingGroups: an uncongested path only cuts groups that are held up", () => {
  const { begin, clock, groups } = world(0);
  const old = begin(0, 0);
  old.beginWait();
  begin(1, 1000);
  begin(2, 2000);
  begin(3, 3000);
  assert.equal(codeOf(old), undefined);
  return clock.advance(501).then(() => {
    groups.cutStale();
    assert.equal(codeOf(old), "expired");
  });
});

Deno.test("SendingGroups: what is not waiting is never cut for its age", () => {
  const { begin, path } = world(0);
  path.isCongested = true;
  const old = begin(0, 0);
  old.beginWait();
  old.endWait();
  begin(1, 1000);
  begin(2, 2000);
  assert.equal(codeOf(old), undefined);
});

Deno.test("SendingGroups: is full with two wanted groups behind", async () => {
  const { begin, path, groups, window } = world(5000);
  path.isCongested = true;
  const [first, second] = [begin(0, 0), begin(1, 1000)];
  const waits = [first.wait(10), second.wait(10)];
  assert.equal(groups.isFull, true);
  begin(2, 2000);
  assert.deepEqual([first, second].map(codeOf), [undefined, undefined]);
  const changed = groups.latch.changed();
  begin(3, 6000);
  await changed;
  assert.equal(codeOf(first), "expired");
  assert.equal(codeOf(second), undefined);
  assert.equal(groups.isFull, false);
  groups.close(new MoqError("cancelled", "Enough"));
  assert.deepEqual(await Promise.all(waits), [0, 0]);
  assert.equal(window.isFull, false, "no group waits");
});

Deno.test("SendingGroups: a complete group that waited is behind until sent", async () => {
  const { begin, groups, window } = world(5000);
  const sendings = [begin(0, 0), begin(1, 1000)];
  const waits = sendings.map((one) => one.wait(10));
  window.mark();
  window.confirm();
  await Promise.all(waits);
  assert.equal(groups.isFull, false);
  for (const { group } of sendings) group.close();
  assert.equal(groups.isFull, true);
  groups.end(sendings[0]!);
  assert.equal(groups.isFull, false);
});
