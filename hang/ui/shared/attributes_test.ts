import assert from "node:assert/strict";
import {
  readFlag,
  readNumber,
  readSwitch,
  readUrl,
  readUser,
  readWord,
} from "./attributes.ts";

Deno.test("readFlag: present means true, but for the words that say no", () => {
  const said = [null, "", "true", "1", "yes", "false", " FALSE ", "0", "off"];
  assert.deepEqual(
    said.map(readFlag),
    [false, true, true, true, true, false, false, false, false],
  );
});

Deno.test("readNumber: bounds it, takes a unit, and knows what is none", () => {
  const bounds = { min: 0, max: 1, otherwise: 0.5 };
  const said = [null, "", "loud", "NaN", "0.25", "-3", "7", "1e-1", "0.3ms"];
  assert.deepEqual(
    said.map((text) => readNumber(text, bounds)),
    [0.5, 0.5, 0.5, 0.5, 0.25, 0, 1, 0.1, 0.3],
  );
});

Deno.test("readUrl: takes http and https alone and never throws", () => {
  const base = "https://example.org/page";
  const said = [
    null,
    "",
    "javascript:alert(1)",
    "http://[",
    "/live",
    "http://a:1",
  ];
  assert.deepEqual(
    said.map((text) => readUrl(text, base)?.href),
    [
      undefined,
      undefined,
      undefined,
      undefined,
      "https://example.org/live",
      "http://a:1/",
    ],
  );
});

Deno.test("readSwitch: absent means true", () => {
  const said = [null, "", "true", "false", "off"];
  assert.deepEqual(said.map(readSwitch), [true, true, true, false, false]);
});

Deno.test("readWord: one of the words in any case, else the default", () => {
  const words = ["always", "never"] as const;
  const said = [null, "", " Always ", "never", "toString"];
  assert.deepEqual(
    said.map((text) => readWord(text, { words, otherwise: "source" })),
    ["source", "source", "always", "never", "source"],
  );
});

Deno.test("readUser: has nothing of what was not said", () => {
  assert.deepEqual(readUser(null, ""), {});
  assert.deepEqual(readUser("Ada", "teal"), { name: "Ada", color: "teal" });
});
