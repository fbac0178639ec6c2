import assert from "node:assert/strict";
import { Latch } from "./latch.ts";

Deno.test("Latch: one wake reaches all current waiters and no later ones", async () => {
  const latch = new Latch();
  const first = latch.changed();
  assert.equal(latch.changed(), first);
  latch.wake();
  await first;
  let isWoken = false;
  const later = latch.changed().then(() => isWoken = true);
  await first;
  assert.equal(isWoken, false);
  latch.wake();
  await later;
});

Deno.test("Latch.wakeOn: an abort wakes the waiters until it is undone", async () => {
  const latch = new Latch();
  const controller = new AbortController();
  latch.wakeOn(controller.signal);
  const undone = new AbortController();
  latch.wakeOn(undone.signal)();
  const waiting = latch.changed();
  undone.abort();
  assert.equal(latch.changed(), waiting);
  controller.abort();
  await waiting;
  assert.notEqual(latch.changed(), waiting);
});
