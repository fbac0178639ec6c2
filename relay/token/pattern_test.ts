import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  containsPattern,
  matchPattern,
  parsePattern,
  patternPrefix,
  rebasePatterns,
} from "./pattern.ts";

const MATCHES: readonly [pattern: string, path: string, matches: boolean][] = [
  ["", "", true],
  ["", "a", false],
  ["foo", "foo", true],
  ["foo", "foo/bar", false],
  ["foo", "foobar", false],
  ["foo/**", "foo", true],
  ["foo/**", "foo/bar/baz", true],
  ["foo/**", "foobar", false],
  ["**", "", true],
  ["**", "a/b/c", true],
  ["*", "", false],
  ["*", "a", true],
  ["*", "a/b", false],
  ["a/*/c", "a/b/c", true],
  ["a/*/c", "a/c", false],
  ["cam*", "cam", true],
  ["cam*", "cam12", true],
  ["cam*", "cam12/x", false],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["*.hang", "x.hang", true],
  ["**/chat", "chat", true],
  ["**/chat", "room/1/chat", true],
  ["**/chat", "room/chats", false],
  ["a/**/z", "a/z", true],
  ["a/**/z", "a/b/z/z", true],
  ["a/**/z", "z", false],
  ["a/**/a", "a", false],
  ["**/*", "", false],
  ["**/*", "a/b", true],
];

for (const [pattern, path, matches] of MATCHES) {
  Deno.test(`matchPattern: "${pattern}" and "${path}"`, () => {
    assert.equal(matchPattern(pattern, path), matches);
  });
}

Deno.test("parsePattern: moves stars after an adjacent double star", () => {
  assert.equal(parsePattern("*/**"), "**/*");
  assert.equal(parsePattern("a/*/*/**/*"), "a/**/*/*/*");
  assert.equal(parsePattern("a/x*/**"), "a/x*/**");
});

Deno.test("parsePattern: quotes what it refuses", () => {
  for (
    const bad of ["/a", "a/", "a//b", "**/a/**", "a*b*c", "a**", "***"]
  ) {
    assert.throws(() => parsePattern(bad), (error: RangeError) => {
      assert.equal(error instanceof RangeError, true);
      return error.message.includes(`"${bad}"`);
    }, bad);
  }
  assert.throws(() => parsePattern("a/".repeat(32) + "a"), /got 33$/);
});

Deno.test("patternPrefix: returns the literal segments in front", () => {
  assert.deepEqual(
    ["**", "a/b", "a/**", "a/b*/c", "*/a", ""].map(patternPrefix),
    ["", "a/b", "a", "a", "", ""],
  );
});

Deno.test("rebasePatterns: one pattern may leave several", () => {
  assert.deepEqual(rebasePatterns(["**/chat"], "chat"), ["**/chat", ""]);
  assert.deepEqual(rebasePatterns(["a/**"], "a/b"), ["**"]);
  assert.deepEqual(rebasePatterns(["a/**", "b"], "b"), [""]);
  assert.deepEqual(rebasePatterns([parsePattern("a/*/**")], "a"), ["**/*"]);
  assert.deepEqual(rebasePatterns(["a"], "b"), []);
});

// Few letters, so that patterns and paths often match.
const segment = fc.constantFrom("a", "b", "ab", "ba");
const path = fc.array(segment, { maxLength: 5 }).map((s) => s.join("/"));
const literal = fc.constantFrom("a", "b", "ab", "*", "a*", "*b");
const pattern = fc.tuple(
  fc.array(literal, { maxLength: 3 }),
  fc.boolean(),
  fc.array(literal, { maxLength: 2 }),
).map(([head, rest, tail]) => {
  const middle = rest ? ["**"] : [];
  return parsePattern([...head, ...middle, ...tail].join("/"));
});

/** The pattern as a regular expression. */
function reference(pattern: string): RegExp {
  const parts = pattern.split("/").filter((part) => part !== "").map((part) => {
    if (part === "**") return "(/[^/]+)*";
    return part === "*" ? "/[^/]+" : `/${part.replace("*", "[^/]*")}`;
  });
  return new RegExp(`^${parts.join("")}$`);
}

Deno.test("matchPattern: agrees with a regular expression", () => {
  fc.assert(fc.property(pattern, path, (pattern, path) => {
    const absolute = path === "" ? "" : `/${path}`;
    return matchPattern(pattern, path) === reference(pattern).test(absolute);
  }));
});

Deno.test("rebasePatterns: covers below the prefix exactly what was covered", () => {
  fc.assert(fc.property(pattern, path, path, (pattern, prefix, rest) => {
    const whole = [prefix, rest].filter((part) => part !== "").join("/");
    const rebased = rebasePatterns([pattern], prefix);
    return rebased.some((part) => matchPattern(part, rest)) ===
      matchPattern(pattern, whole);
  }));
});

Deno.test("rebasePatterns: rebasing in steps equals rebasing at once", () => {
  fc.assert(fc.property(pattern, path, path, (pattern, first, second) => {
    const whole = [first, second].filter((part) => part !== "").join("/");
    const steps = rebasePatterns(rebasePatterns([pattern], first), second);
    assert.deepEqual(
      steps.toSorted(),
      rebasePatterns([pattern], whole).toSorted(),
    );
  }));
});

Deno.test("patternPrefix: is a prefix of every covered path", () => {
  fc.assert(fc.property(pattern, path, (pattern, path) => {
    fc.pre(matchPattern(pattern, path));
    return `${path}/`.startsWith(patternPrefix(pattern));
  }));
});

// Enough to tell any two of the segments below apart.
const WORDS = ["a", "b", "ab", "c", "ac", "cb", "acb"];
const PATHS: readonly string[] = ["", ...pathsOf(WORDS)];

/** Every path of one to four of `words`. */
function pathsOf(words: readonly string[]): string[] {
  let level = [...words];
  const all = [...level];
  for (let depth = 1; depth < 4; depth++) {
    level = level.flatMap((path) => words.map((word) => `${path}/${word}`));
    all.push(...level);
  }
  return all;
}

Deno.test("containsPattern: true exactly when it covers every path of the other", () => {
  const segment = fc.constantFrom("a", "b", "ab", "*", "a*", "*b", "a*b");
  const anyPattern = fc.tuple(
    fc.array(segment, { maxLength: 2 }),
    fc.boolean(),
    fc.array(segment, { maxLength: 1 }),
  ).map(([head, hasRest, tail]) =>
    parsePattern([...head, ...(hasRest ? ["**"] : []), ...tail].join("/"))
  );
  fc.assert(fc.property(anyPattern, anyPattern, (wide, narrow) => {
    const expected = PATHS.every((path) =>
      !matchPattern(narrow, path) || matchPattern(wide, path)
    );
    assert.equal(containsPattern(wide, narrow), expected);
  }));
});

for (
  const [wide, narrow, expected] of [
    ["**", "**", true],
    ["**", "", true],
    ["a/**", "a", true],
    ["a/**", "a/*/b/**", true],
    ["a", "a/**", false],
    ["a/**", "ab/**", false],
    ["a/**", "*/**", false],
    ["a*", "ab*c", true],
    ["a*", "*", false],
    ["*", "a*", true],
    ["*/*", "a/b", true],
    ["*/*", "a/**", false],
    ["**/c", "a/**/b/c", true],
    ["**/c", "a/**", false],
    ["a/**/c", "a/c", true],
    ["a/**/a", "a", false],
    ["**/*/a", "**/a", false],
    ["**/*/a", "b/**/a", true],
    ["", "", true],
    ["", "a", false],
  ] as const
) {
  Deno.test(`containsPattern: "${wide}" ${expected ? "contains" : "does not contain"} "${narrow}"`, () => {
    const [outer, inner] = [parsePattern(wide), parsePattern(narrow)];
    assert.equal(containsPattern(outer, inner), expected);
  });
}
