import assert from "node:assert/strict";
import { CONNECTIONS_PER_BALLAST, NativeMemory } from "./native_memory.ts";

Deno.test("NativeMemory: as much is accounted for as ended connections hold", () => {
  const allocated: number[] = [];
  const memory = new NativeMemory((bytes) => {
    allocated.push(bytes);
    return new ArrayBuffer(0);
  });
  for (let i = 0; i < 5 * CONNECTIONS_PER_BALLAST + 1; i++) memory.ended({});
  assert.equal(allocated.length, 5);
  const each = allocated[0]! / CONNECTIONS_PER_BALLAST;
  assert.ok(each > 150_000 && each < 200_000, `${each} bytes`);
});

Deno.test("NativeMemory: a process without room for more goes on", () => {
  const memory = new NativeMemory(() => {
    throw new RangeError("Array buffer allocation failed");
  });
  for (let i = 0; i < CONNECTIONS_PER_BALLAST; i++) memory.ended({});
});
