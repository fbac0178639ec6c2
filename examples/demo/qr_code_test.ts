import assert from "node:assert/strict";
import { qrCode } from "./qr_code.ts";

const URL_TEXT = "https://192.168.1.20:8443/";

Deno.test("qrCode: is as wide as it is high, with a white border", () => {
  const lines = qrCode(URL_TEXT, { isTerminal: false }).trimEnd().split("\n");
  const width = lines[0]!.length;
  // A line is two modules high; 25 modules and a border of two.
  assert.equal(width, 29);
  assert.equal(lines.length, Math.ceil(width / 2));
  for (const line of lines) assert.equal(line.length, width);
  assert.match(lines[0]!, /^█+$/);
  assert.match(lines[1]!, /^██ ▄▄▄▄▄ █.*█ ▄▄▄▄▄ ██$/);
});

Deno.test("qrCode: has its own colours in a terminal, line by line", () => {
  for (
    const line of qrCode(URL_TEXT, { isTerminal: true }).trimEnd().split("\n")
  ) {
    // deno-lint-ignore no-control-regex
    assert.match(line, /^\x1b\[97;40m[^\x1b]+\x1b\[0m$/);
  }
});
