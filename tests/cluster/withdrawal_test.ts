/** Relays that forget a broadcast: they do not go on to tell each other of ways that lead nowhere. */
import assert from "node:assert/strict";
import {
  hubs,
  type Manner,
  measure,
  mesh,
  regions,
  ring,
} from "./simulation/withdrawal.ts";

/** A relay that is gone is noticed after 2.5 s, and what was there lingers for 5 s. */
const LATEST_MS: Readonly<Record<Manner, number>> = {
  ended: 2000,
  killed: 9000,
};

for (
  const [graph, most] of [
    [ring(8), 60],
    [mesh(8), 150],
    [hubs(8), 250],
    [regions(3), 600],
  ] as const
) {
  for (const manner of ["ended", "killed"] as const) {
    Deno.test(`Origin: a ${graph.name} forgets a broadcast that is ${manner} with few messages, however long a way may be`, async () => {
      const { messages, goneMs, isEndless } = await measure(graph, { manner });
      assert.ok(!isEndless && messages <= most, `${messages} messages`);
      assert.ok(goneMs <= LATEST_MS[manner], `gone after ${goneMs} ms`);
    });
  }
}
