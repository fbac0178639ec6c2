import assert from "node:assert/strict";
import {
  readFlag,
  readNumber,
  readSwitch,
  readUrl,
  readUser,
  readWord,
  urlProblem,
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

const URL_PROBLEMS: readonly [said: string | null, problem: RegExp][] = [
  [null, /^Set the url attribute/],
  [" ", /^Set the url attribute/],
  ["moqt://relay.example/a", /^Write https:\/\/relay\.example\/a in url/],
  ["wss://relay.example", /cannot use wss:\/\/$/],
  ["relay.example", /^Write https:\/\/relay\.example in url/],
  ["relay.example:4443/a?jwt=x", /^Write https:\/\/relay\.example:4443\/a/],
  ["localhost:4443", /^Write http:\/\/localhost:4443 in url/],
  ["relay:4443", /^Write https:\/\/relay:4443/],
  ["http://[", /^The url attribute is no address/],
  ["javascript:alert(1)", /^The url attribute is no address/],
  ["http://relay.example/", /^Write https:\/\/relay\.example in url/],
];

for (const [said, problem] of URL_PROBLEMS) {
  Deno.test(`urlProblem: says what to write instead of ${said}`, () => {
    assert.match(urlProblem(said, "https://example.org/")!, problem);
  });
}

Deno.test("urlProblem: finds none in addresses that work", () => {
  const said = ["https://a", "/live", "./live", "http://localhost:1", "//a"];
  for (const text of said) {
    assert.equal(urlProblem(text, "https://example.org/"), undefined, text);
  }
  assert.equal(urlProblem("http://a", "http://example.org/"), undefined);
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
