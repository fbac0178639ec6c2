import assert from "node:assert/strict";
import {
  memoryPair,
  type MoqError,
  openSession,
  Origin,
  Session,
  VirtualClock,
} from "@moq-deno/lite";
import { watchSession } from "./watchdog.ts";

const OPTIONS = { protocol: "moq-lite-06" };

Deno.test("watchSession: a peer that answers is left alone for an hour, one that does not is given up", async () => {
  const clock = new VirtualClock();
  const [ours, theirs] = memoryPair(OPTIONS);
  const session = openSession(ours, { clock });
  // Speaks, but answers nothing until it serves.
  const peer = new Session(theirs, { clock });
  peer.start();
  const ends: (MoqError | undefined)[] = [];
  session.closed.then((error) => ends.push(error));
  const unwatch = watchSession(session, { clock });
  await clock.advance(1000);
  assert.equal(ends.length, 0);
  await clock.advance(4500);
  assert.deepEqual(ends.map((error) => error?.code), ["timeout"]);
  unwatch();
  await peer.closed;

  const [one, other] = memoryPair(OPTIONS).map((transport) =>
    openSession(transport, { clock, publish: new Origin({ clock }).scope() })
  );
  const stop = watchSession(one!, { clock });
  let isOver = false;
  one!.closed.then(() => isOver = true);
  await clock.advance(3_600_000);
  assert.equal(isOver, false);
  stop();
  one!.close();
  await other!.closed;
});
