import assert from "node:assert/strict";
import { FrameQueue } from "./frame_queue.ts";

Deno.test("FrameQueue: gives the newest due picture, closes the others once", () => {
  const closed: number[] = [];
  const frame = (
    timestamp: number,
  ): Pick<VideoFrame, "timestamp" | "close"> => ({
    timestamp,
    close: () => closed.push(timestamp),
  });
  const queue = new FrameQueue();
  for (const timestamp of [20, 0, 10, 40, 30]) queue.push(frame(timestamp));
  assert.equal(queue.take(-1), undefined);
  assert.equal(queue.dueUs(-1), undefined);
  assert.equal(queue.dueUs(25), 20);
  assert.equal(queue.take(25)?.timestamp, 20);
  assert.equal(queue.take(25), undefined);
  assert.deepEqual([closed, queue.dropped], [[0, 10], 2]);
  assert.equal(queue.takeFirst()?.timestamp, 30);
  queue.clear();
  assert.deepEqual([closed, queue.length], [[0, 10, 40], 0]);
});
