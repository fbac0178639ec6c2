/**
 * Many viewers that connect, see something and leave, and what they leave behind
 * in the relay.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SMALL_TRACK, STEADY } from "./steady.ts";
import type { Way, World } from "./world.ts";

/** What a relay holds after all viewers of a round have left. */
export interface Left {
  /** Live JavaScript objects, in bytes. */
  readonly heapBytes: number;
  /** Resident memory of the process after a garbage collection, in bytes. */
  readonly residentBytes: number;
  /** The same before the collection. */
  readonly uncollectedBytes: number;
  /** Open sockets. */
  readonly openSockets: number;
}

const WAYS: readonly Way[] = ["moqt", "https", "ws"];
const AT_ONCE = 20;

async function visit(world: World, way: Way): Promise<void> {
  const session = await world.connect(way);
  const groups = session.consume(STEADY).track(SMALL_TRACK).subscribe();
  assert.ok(await groups.next());
  groups.close();
  session.close();
  await session.closed;
}

/** Lets `count` viewers connect and leave over all transports in turn, some at a time, and measures what is left. */
export async function runRound(world: World, count: number): Promise<Left> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const batch = Math.min(AT_ONCE, count - done);
    await Promise.all(
      Array.from(
        { length: batch },
        (_, i) => visit(world, WAYS[(done + i) % WAYS.length]!),
      ),
    );
  }
  await world.until("all have left", ({ sessions }) => sessions === 2);
  const uncollected = await world.relay.usage();
  const { heapBytes } = await world.collected();
  const { residentBytes, openSockets } = await world.relay.usage();
  const { residentBytes: uncollectedBytes } = uncollected;
  return { heapBytes, residentBytes, uncollectedBytes, openSockets };
}
