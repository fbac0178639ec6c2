import assert from "node:assert/strict";
import { mergePatch } from "./merge_patch.ts";

// RFC 7396, appendix A: target, patch, result.
const VECTORS = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
] as const;

for (const [target, patch, result] of VECTORS) {
  Deno.test(`mergePatch of ${target} with ${patch}`, () => {
    const before = JSON.parse(target);
    const merged = mergePatch(before, JSON.parse(patch));
    assert.deepEqual(merged, JSON.parse(result));
    assert.deepEqual(before, JSON.parse(target), "the target is not changed");
  });
}

Deno.test("mergePatch cannot reach a prototype", () => {
  mergePatch({}, JSON.parse('{"__proto__":{"hacked":true}}'));
  assert.equal("hacked" in {}, false);
});
