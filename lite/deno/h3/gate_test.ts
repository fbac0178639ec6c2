import assert from "node:assert/strict";
import { StreamGate } from "./gate.ts";

Deno.test("Gate: room waits until somebody leaves, and wakes only then", async () => {
  const gate = new StreamGate(2);
  await gate.room();
  const leave = gate.enter();
  await gate.room();
  gate.enter();
  let hasRoom = false;
  const waiting = gate.room().then(() => hasRoom = true);
  await Promise.resolve();
  assert.equal(hasRoom, false);
  leave();
  await waiting;
});
