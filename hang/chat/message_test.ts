import assert from "node:assert/strict";
import fc from "fast-check";
import {
  colorOf,
  MAX_MESSAGE_BYTES,
  MAX_NAME_LENGTH,
  messagePayload,
  messageText,
  nameOf,
} from "./message.ts";

const encoder = new TextEncoder();

Deno.test("messageText: any bytes give bounded text without control characters", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 6000 }), (bytes) => {
    const text = messageText(bytes);
    assert.doesNotMatch(
      text,
      /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.exec(
          text.replaceAll("\n", ""),
        )
        ? /^[^]*$/
        : /(?!)/,
    );
    assert.ok(text.length <= MAX_MESSAGE_BYTES);
    const again = encoder.encode(text);
    if (again.byteLength <= MAX_MESSAGE_BYTES) {
      assert.equal(messageText(again), text);
    }
  }));
  const steering = encoder.encode("\u001b[2J a\u202eb \r\n<b>c</b>\u0000 ");
  assert.equal(messageText(steering), "[2J a b \n<b>c</b>");
});

Deno.test("messagePayload: refuses nothing at all and one byte too much", () => {
  for (
    const text of ["", " \n ", "\u0000", "x".repeat(MAX_MESSAGE_BYTES + 1)]
  ) {
    assert.throws(() => messagePayload(text), RangeError);
  }
  const longest = "é".repeat(MAX_MESSAGE_BYTES / 2);
  assert.equal(messagePayload(longest).byteLength, MAX_MESSAGE_BYTES);
});

Deno.test("nameOf: one line of bounded length, of the path where there is none", () => {
  assert.equal(nameOf(undefined, "team/ada.hang"), "ada");
  assert.equal(nameOf(" \u0000 ", "team/ada"), "ada");
  assert.equal(nameOf("Ada\n<i>", "x"), "Ada <i>");
  const long = nameOf("\u{1f600}".repeat(1000), "x");
  assert.equal([...long].length, MAX_NAME_LENGTH);
  assert.doesNotMatch(long, /\ufffd/);
});

Deno.test("colorOf: a colour and nothing that could be more of a style", () => {
  const said = ["teal", "#0aF", "red; background: url(x)", "var(--x)", ""];
  assert.deepEqual(
    said.map(colorOf),
    ["teal", "#0aF", undefined, undefined, undefined],
  );
});
