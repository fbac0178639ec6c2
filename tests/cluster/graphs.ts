/**
 * Graphs of five relays.
 *
 * @module
 */
import type { World } from "./world.ts";

export const NAMES: readonly string[] = ["a", "b", "c", "d", "e"];

/** The relays that each one dials, by the graph's name. */
export const GRAPHS: Readonly<
  Record<string, readonly (readonly string[])[]>
> = {
  "line": [["b"], ["c"], ["d"], ["e"], []],
  "ring": [["b"], ["c"], ["d"], ["e"], ["a"]],
  "star": [[], ["a"], ["a"], ["a"], ["a"]],
  "mesh, each dialling all": NAMES.map((name) =>
    NAMES.filter((other) => other !== name)
  ),
};

/** Starts the relays of a graph. */
export function buildGraph(world: World, graph: string): void {
  for (const [i, others] of (GRAPHS[graph] ?? []).entries()) {
    world.node(NAMES[i]!, ...others);
  }
}
