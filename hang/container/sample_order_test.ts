import assert from "node:assert/strict";
import fc from "fast-check";
import { type OpenGroup, SampleOrder } from "./sample_order.ts";

const LATENCY_MS = 100;

class Scenario {
  readonly order = new SampleOrder({ latencyMs: LATENCY_MS, kind: "video" });
  readonly #groups = new Map<number, OpenGroup>();

  /** Opens the group when it is new and gives it a sample for each of `timesMs`. */
  push(sequence: number, ...timesMs: readonly number[]): this {
    const group = this.#groups.get(sequence) ?? this.order.open(sequence);
    if (!group) return this;
    this.#groups.set(sequence, group);
    for (const ms of timesMs) {
      this.order.push(group, {
        timestampUs: ms * 1000,
        data: new Uint8Array(10),
      });
    }
    return this;
  }

  end(sequence: number): this {
    const group = this.#groups.get(sequence);
    if (group) this.order.end(group);
    return this;
  }

  isAbandoned(sequence: number): boolean {
    return this.#groups.get(sequence)!.abandoned.aborted;
  }

  take(): string[] {
    const taken: string[] = [];
    for (;;) {
      const sample = this.order.take();
      if (!sample) return taken;
      taken.push(`${sample.group}:${sample.timestampUs / 1000}`);
    }
  }
}

Deno.test("SampleOrder delivers groups that arrive side by side by sequence", () => {
  const scenario = new Scenario().push(4, 0).push(5, 40, 60);
  assert.deepEqual(scenario.take(), ["4:0"]);
  scenario.push(4, 20).end(4);
  assert.deepEqual(scenario.take(), ["4:20", "5:40", "5:60"]);
});

Deno.test("SampleOrder waits for a missing group up to the latency", () => {
  const scenario = new Scenario().push(1, 0).end(1).push(3, 80);
  assert.deepEqual(scenario.take(), ["1:0"]);
  scenario.push(2, 40).end(2);
  assert.deepEqual(scenario.take(), ["2:40", "3:80"]);
  scenario.end(3).push(6, 160);
  assert.deepEqual(scenario.take(), []);
  scenario.push(6, 200);
  assert.deepEqual(scenario.take(), ["6:160", "6:200"]);
  assert.equal(scenario.order.skipped, 2);
});

Deno.test("SampleOrder gives up a group that stalls while newer ones go on", () => {
  const scenario = new Scenario().push(1, 0).push(2, 40, 100);
  assert.deepEqual(scenario.take(), ["1:0"]);
  assert.equal(scenario.isAbandoned(1), false);
  scenario.push(2, 120);
  assert.deepEqual(scenario.take(), ["2:40", "2:100", "2:120"]);
  assert.equal(scenario.isAbandoned(1), true);
  assert.equal(scenario.order.skipped, 1);
  // Late samples of it, and the group itself once more, are not wanted.
  scenario.push(1, 20);
  assert.equal(scenario.order.open(1), undefined);
  assert.deepEqual(scenario.take(), []);
});

Deno.test("SampleOrder: a whole group may end with the next one, at any latency", () => {
  const order = new SampleOrder({ latencyMs: 15, kind: "video" });
  const frame = (ms: number) => ({
    timestampUs: ms * 1000,
    data: new Uint8Array(10),
  });
  const [first, second] = [order.open(1)!, order.open(2)!];
  for (const ms of [0, 33, 66]) order.push(first, frame(ms));
  while (order.take());
  order.push(second, frame(99));
  assert.equal(order.take(), undefined);
  assert.equal(first.abandoned.aborted, false);
  order.end(first);
  assert.equal(order.take()?.timestampUs, 99_000);
  assert.equal(order.skipped, 0);
  order.push(second, frame(132));
  order.open(3);
  while (order.take());
  order.push(order.open(4)!, frame(198));
  assert.equal(
    order.take()?.timestampUs,
    198_000,
    "what is due is not waited for",
  );
});

Deno.test("SampleOrder goes on when a publisher counts from 0 again", () => {
  const scenario = new Scenario().push(1, 3_600_000).end(1);
  assert.deepEqual(scenario.take(), ["1:3600000"]);
  scenario.push(3, 0, 80);
  assert.deepEqual(scenario.take(), []);
  scenario.push(3, 120);
  assert.deepEqual(scenario.take(), ["3:0", "3:80", "3:120"]);
});

Deno.test("SampleOrder never skips the only group, however long it stalls", () => {
  const scenario = new Scenario().push(1, 0, 5000);
  assert.deepEqual(scenario.take(), ["1:0", "1:5000"]);
  assert.equal(scenario.isAbandoned(1), false);
});

Deno.test("SampleOrder delivers across gaps at once when nothing more can come", () => {
  const scenario = new Scenario().push(1, 0).end(1).push(9, 10).end(9);
  assert.deepEqual(scenario.take(), ["1:0"]);
  scenario.order.finish();
  assert.equal(scenario.order.isDone, false);
  assert.deepEqual(scenario.take(), ["9:10"]);
  assert.equal(scenario.order.isDone, true);
});

Deno.test("SampleOrder bounds what a reader that stands still holds", () => {
  const scenario = new Scenario();
  for (let sequence = 0; sequence < 2000; sequence++) {
    scenario.push(sequence, sequence * 20).end(sequence);
  }
  scenario.order.finish();
  const taken = scenario.take();
  assert.equal(taken.length, 512);
  assert.equal(taken.at(-1), "1999:39980");
  assert.equal(scenario.order.skipped, 2000 - 512);
});

Deno.test("SampleOrder marks keyframes: first of a video group, all of audio", () => {
  for (const [kind, expected] of [["video", false], ["audio", true]] as const) {
    const order = new SampleOrder({ latencyMs: 0, kind });
    const group = order.open(0)!;
    const sample = { timestampUs: 0, data: Uint8Array.of(1) };
    order.push(group, sample);
    order.push(group, sample);
    assert.equal(order.take()!.isKeyframe, true);
    assert.equal(order.take()!.isKeyframe, expected);
  }
});

Deno.test("SampleOrder: sequences never go back, whatever the arrival", () => {
  const event = fc.record({
    sequence: fc.nat({ max: 12 }),
    act: fc.constantFrom("push", "end", "take"),
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 120 }), (events) => {
    const scenario = new Scenario();
    const opened = new Set<number>();
    const taken: string[] = [];
    let clock = 0;
    for (const { sequence, act } of events) {
      if (act === "take") taken.push(...scenario.take());
      else if (act === "push") {
        scenario.push(sequence, clock += 15);
        opened.add(sequence);
      } else scenario.end(sequence);
    }
    scenario.order.finish();
    taken.push(...scenario.take());
    let before = [-1, -1];
    for (const name of taken) {
      const [group, ms] = name.split(":").map(Number) as [number, number];
      assert.ok(opened.has(group));
      assert.ok(group > before[0]! || (group === before[0] && ms > before[1]!));
      before = [group, ms];
    }
  }));
});

Deno.test("SampleOrder counts samples, not only their bytes", () => {
  const order = new SampleOrder({ latencyMs: LATENCY_MS, kind: "video" });
  const only = order.open(0)!;
  const data = new Uint8Array();
  for (let i = 0; i <= 65_536; i++) order.push(only, { timestampUs: i, data });
  assert.equal(only.abandoned.aborted, true);
  assert.equal(order.take(), undefined);

  // With a second group the samples of no bytes count as bytes too.
  const groups = [order.open(1)!, order.open(2)!];
  for (const group of groups) {
    for (let i = 0; i < 32_768; i++) {
      order.push(group, { timestampUs: i, data: new Uint8Array(300) });
    }
  }
  assert.deepEqual(groups.map(({ abandoned }) => abandoned.aborted), [
    true,
    false,
  ]);
  assert.equal(order.take()?.group, 2);
});

Deno.test("SampleOrder: a group may have many more samples than may wait", () => {
  const order = new SampleOrder({ latencyMs: LATENCY_MS, kind: "audio" });
  const group = order.open(0)!;
  const data = new Uint8Array(1);
  for (let i = 0; i < 200_000; i++) {
    order.push(group, { timestampUs: i, data });
    assert.equal(order.take()?.timestampUs, i);
  }
  assert.equal(group.abandoned.aborted, false);
});
