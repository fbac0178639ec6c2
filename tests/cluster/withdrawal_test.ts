/** Relays forget a broadcast that ended: they do not keep advertising dead routes to each other. */
import assert from "node:assert/strict";
import {
  hubs,
  type Manner,
  measure,
  mesh,
  regions,
  ring,
} from "./simulation/withdrawal.ts";

/** The loss of a relay is noticed after 2.5 s, and its broadcasts linger for 5 s. */
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
    Deno.test(`Origin: a ${graph.name} forgets a ${manner} broadcast cheaply`, async () => {
      const { messages, goneMs, isEndless } = await measure(graph, { manner });
      assert.ok(!isEndless && messages <= most, `${messages} messages`);
      assert.ok(goneMs <= LATEST_MS[manner], `gone after ${goneMs} ms`);
    });
  }
}
