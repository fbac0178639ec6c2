import assert from "node:assert/strict";
import {
  printable,
  printableJson,
  printableLines,
  printablePath,
} from "./printable.ts";

const ESCAPE = "\x1b]0;owned\x07";
const C1 = "\u009b31m";
const OVERRIDE = "\u202egpj.exe\u2069";

Deno.test("printable: one line without controls", () => {
  assert.equal(printable(`a${ESCAPE}b\r\n${C1}c`), "a ]0;owned b 31mc");
  assert.equal(printable(OVERRIDE), " gpj.exe ");
  assert.equal(printable("\u2028a\x7f"), " a ");
});

Deno.test("printable: words of every script and emoji stay", () => {
  const text = "żółw שלום مرحبا 日本語 👩‍👩‍👧 é";
  assert.equal(printable(text), text);
});

Deno.test("printableLines: line feeds and tabs stay, controls do not", () => {
  assert.equal(printableLines(`a\n\tb${C1}\rc\n`), "a\n\tb 31m c\n");
});

Deno.test("printableJson: the same value, without controls", () => {
  const value = { [`k${C1}`]: [ESCAPE, OVERRIDE, "\x7f\u2029", "a\nb"] };
  const shown = printableJson(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(shown), value);
  assert.equal(printableLines(shown), shown);
});

Deno.test("printablePath: controls are percent-encoded, the rest stays", () => {
  assert.equal(printablePath("room/żółw 1%"), "room/żółw 1%");
  assert.equal(
    decodeURIComponent(printablePath(`a\n${C1}`)),
    `a\n${C1}`,
  );
  assert.equal(printablePath("a\nb"), "a%0Ab");
});
