/**
 * 1000 viewers that connect and leave, ten times: `deno task soak:visitors`. Prints
 * what the relay holds after every round, and fails if that is over a tenth more
 * after the last than after the second.
 *
 * @module
 */
import { runRound } from "../../faults/visitors.ts";
import { World } from "../../faults/world.ts";

const ROUNDS = 10;
const VISITORS = 1000;
const MAX_GROWTH = 1.1;

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

function show(...cells: readonly (string | number)[]): void {
  // deno-lint-ignore no-console
  console.log(`| ${cells.join(" | ")} |`);
}

await using world = await World.open();
show(
  "round",
  "seconds",
  "JavaScript, MB",
  "process, MB",
  "uncollected",
  "sockets",
);
show(...Array.from({ length: 6 }, () => "---:"));
const residents: number[] = [];
const heaps: number[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const start = performance.now();
  const left = await runRound(world, VISITORS);
  const { heapBytes, residentBytes, uncollectedBytes, openSockets } = left;
  residents.push(residentBytes);
  heaps.push(heapBytes);
  show(
    round,
    ((performance.now() - start) / 1000).toFixed(0),
    megabytes(heapBytes),
    megabytes(residentBytes),
    megabytes(uncollectedBytes),
    openSockets,
  );
}
await world.unharmed();
for (const held of [residents, heaps]) {
  const growth = held.at(-1)! / held[1]!;
  if (growth > MAX_GROWTH) {
    throw new Error(
      `The relay holds ${growth} of what it held after the second round, more than ${MAX_GROWTH}`,
    );
  }
}
