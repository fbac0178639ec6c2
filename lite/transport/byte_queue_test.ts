/** Bytes in and out in any pieces. @module */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "./byte_queue.ts";

Deno.test("ByteQueue: returns all bytes in order for any pieces", () => {
  const push = fc.uint8Array({ maxLength: 40_000 });
  const take = fc.nat(50_000);
  fc.assert(
    fc.property(fc.array(fc.oneof(push, take), { maxLength: 30 }), (steps) => {
      const queue = new ByteQueue();
      const expected: number[] = [];
      for (const step of steps) {
        if (typeof step === "number") {
          const into = new Uint8Array(step);
          const taken = into.subarray(0, queue.take(into));
          assert.deepEqual([...taken], expected.splice(0, step));
        } else {
          queue.push(step);
          for (const byte of step) expected.push(byte);
        }
        assert.equal(queue.length, expected.length);
      }
      assert.equal(queue.clear(), expected.length);
      assert.equal(queue.take(new Uint8Array(1)), 0);
    }),
    { numRuns: 50 },
  );
});

Deno.test("ByteQueue: a copy, so the source may change", () => {
  const queue = new ByteQueue();
  const source = Uint8Array.of(1, 2, 3);
  queue.push(source);
  source.fill(9);
  const into = new Uint8Array(3);
  queue.take(into);
  assert.deepEqual([...into], [1, 2, 3]);
});
