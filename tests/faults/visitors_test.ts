/** Viewers that leave free their memory. The long run is `deno task soak:visitors`. */
import assert from "node:assert/strict";
import { runRound } from "./visitors.ts";
import { faultTest } from "./world.ts";

const ROUNDS = 4;
const VISITORS = 60;
/** A leaked session would keep ten times as much. */
const MAX_KEPT_BYTES = 4000;

faultTest(
  "viewers that leave free their memory",
  {},
  async (world) => {
    const heap: number[] = [];
    const sockets: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const left = await runRound(world, VISITORS);
      heap.push(left.heapBytes);
      sockets.push(left.openSockets);
    }
    // First runs compile code and fill caches.
    const kept = (heap.at(-1)! - heap[1]!) / ((ROUNDS - 2) * VISITORS);
    assert.ok(kept <= MAX_KEPT_BYTES, `${kept} bytes each: ${heap}`);
    await world.untilSockets(Math.min(...sockets));
  },
);
