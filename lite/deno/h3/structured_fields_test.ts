import assert from "node:assert/strict";
import fc from "fast-check";
import {
  readString,
  readStringList,
  writeString,
  writeStringList,
} from "./structured_fields.ts";

Deno.test("readStringList: strings, escapes, spaces and parameters", () => {
  const lists: readonly (readonly [value: string, strings: string[]])[] = [
    ['"moq-lite-06", "moq-lite-05"', ["moq-lite-06", "moq-lite-05"]],
    [' "a"\t,"b" ', ["a", "b"]],
    [String.raw`"a\"b\\c"`, ['a"b\\c']],
    ['"a";q=1;x="y,z", "b";flag', ["a", "b"]],
    ['""', [""]],
  ];
  for (const [value, strings] of lists) {
    assert.deepEqual(readStringList(value), strings, value);
  }
});

Deno.test("readStringList: anything but a list of strings counts as nothing", () => {
  const values = [
    "",
    "moq-lite-06",
    '"a", b',
    '"a" "b"',
    '"a",',
    ',"a"',
    '"a',
    String.raw`"a\n"`,
    '"\u00e4"',
    '("a" "b")',
  ];
  for (const value of values) {
    assert.deepEqual(readStringList(value), [], value);
  }
  assert.equal(readString('"a", "b"'), undefined);
  assert.equal(readString('"moq-lite-06"'), "moq-lite-06");
});

Deno.test("writeStringList: round-trips, and refuses non-printable characters", () => {
  const text = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      (texts) =>
        assert.deepEqual(readStringList(writeStringList(texts)), texts),
    ),
  );
  assert.throws(() => writeString("\n"), RangeError);
  assert.throws(() => writeString("\u00e4"), RangeError);
});

Deno.test("readStringList: any text ends soon", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assert.ok(Array.isArray(readStringList(text)));
  }));
  const hostile = '"a"' + ";a".repeat(4000) + " " + '"'.repeat(4000);
  assert.deepEqual(readStringList(hostile), []);
});
