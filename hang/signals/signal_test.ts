import assert from "node:assert/strict";
import { effect, Signal } from "./signal.ts";

Deno.test("effect: runs once per batch, and watches what the last run read", async () => {
  const isOn = new Signal(true);
  const name = new Signal("a");
  const said: string[] = [];
  const stop = effect(() => {
    const text = isOn.get() ? name.get() : "off";
    said.push(text);
    return () => said.push(`end ${text}`);
  });
  name.set("b");
  name.set("c");
  await Promise.resolve();
  isOn.set(false);
  await Promise.resolve();
  name.set("d");
  await Promise.resolve();
  stop();
  isOn.set(true);
  await Promise.resolve();
  assert.deepEqual(said, ["a", "end a", "c", "end c", "off", "end off"]);
});

Deno.test("effect: what an inner effect reads is not the outer one's", async () => {
  const inner = new Signal(0);
  let [outerRuns, innerRuns] = [0, 0];
  const stop = effect(() => {
    outerRuns++;
    return effect(() => {
      innerRuns++;
      inner.get();
    });
  });
  inner.set(1);
  await Promise.resolve();
  assert.deepEqual([outerRuns, innerRuns], [1, 2]);
  stop();
  inner.set(2);
  await Promise.resolve();
  assert.equal(innerRuns, 2);
});

Deno.test("effect: a chain of effects settles in one microtask", async () => {
  const [a, b, c] = [new Signal(0), new Signal(0), new Signal(0)];
  const stops = [
    effect(() => b.set(a.get() + 1)),
    effect(() => c.set(b.get() + 1)),
  ];
  a.set(10);
  await Promise.resolve();
  assert.equal(c.peek(), 12);
  for (const stop of stops) stop();
});
