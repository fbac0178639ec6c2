import assert from "node:assert/strict";
import fc from "fast-check";
import { hasPrefix } from "../path.ts";
import { PathIndex, upwards } from "./path_index.ts";

Deno.test("upwards: the path itself, then all above it, the root last", () => {
  assert.deepEqual([...upwards("a/b/c")], ["a/b/c", "a/b", "a", ""]);
  assert.deepEqual([...upwards("")], [""]);
});

Deno.test("PathIndex.below: equals a search through all paths", () => {
  const segment = fc.constantFrom("a", "b", "ab");
  const path = fc.array(segment, { maxLength: 4 }).map((all) => all.join("/"));
  fc.assert(
    fc.property(fc.array(path), fc.array(path), path, (come, go, at) => {
      const index = new PathIndex<string>();
      for (const one of come) index.add(one, one);
      for (const one of go) index.delete(one, one);
      const there = new Set(come.filter((one) => !go.includes(one)));
      const expected = [...there].filter((one) => hasPrefix(at, one));
      assert.deepEqual([...index.below(at)].sort(), expected.sort());
    }),
  );
});
