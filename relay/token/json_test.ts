import assert from "node:assert/strict";
import { TokenError } from "./error.ts";
import { parseObject } from "./json.ts";

const OPTIONS = { what: "key", code: "key" } as const;

for (
  const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"b":[{"a":{},"a" : 2}]}',
    '{"a":"\\"","b":[],"a":0}',
    "[]",
    "null",
    '"a"',
    "",
    '{"a":1}}',
  ]
) {
  Deno.test(`parseObject: refuses ${text}`, () => {
    assert.throws(() => parseObject(text, OPTIONS), TokenError);
  });
}

Deno.test("parseObject: allows a name in different objects, or as a value", () => {
  const text = '{"a":"a","b":{"a":"b"},"c":[{"a":1},{"a":2}],"d":"{\\"a\\":"}';
  assert.deepEqual(parseObject(text, OPTIONS), JSON.parse(text));
});

Deno.test("parseObject: error messages never quote the text", () => {
  assert.throws(
    () => parseObject('{"k": sEcReT}', OPTIONS),
    (error: Error) => !error.message.includes("sEcReT"),
  );
});
