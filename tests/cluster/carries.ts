/**
 * Checks that a broadcast published over one session arrives over another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BroadcastProducer, type Session } from "@moq-deno/lite";
import { readGroup, writeGroup } from "../integration/groups.ts";

/** Publishes a broadcast over `from`, reads it over `to`, and ends it. */
export async function carries(
  from: Session,
  to: Session,
  path: string,
): Promise<void> {
  const broadcast = new BroadcastProducer();
  const track = broadcast.createTrack("text");
  writeGroup(track, `of ${path}`);
  from.publish(path, broadcast);
  for await (const event of to.announced(path)) {
    if (event.kind === "start") break;
  }
  const groups = to.consume(path).track("text").subscribe();
  assert.deepEqual((await readGroup(await groups.next())).texts, [
    `of ${path}`,
  ]);
  groups.close();
  broadcast.close();
}
