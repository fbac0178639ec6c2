/**
 * Paths are compared segment by segment.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MoqError } from "./error.ts";
import {
  hasPrefix,
  isLonger,
  joinPath,
  MAX_PATH_SEGMENTS,
  normalizePath,
  stripPrefix,
} from "./path.ts";

const segment = fc.constantFrom("a", "b", "ab", ".", "é", "*");
const path = fc.array(segment, { maxLength: 8 }).map((all) => all.join("/"));

Deno.test("normalizePath drops leading, trailing and doubled slashes only", () => {
  const cases: readonly [given: string, path: string][] = [
    ["", ""],
    ["/", ""],
    ["///", ""],
    ["a", "a"],
    ["//a///b/", "a/b"],
    ["a/./../b", "a/./../b"],
    [" a / b ", " a / b "],
  ];
  for (const [given, expected] of cases) {
    assert.equal(normalizePath(given), expected);
  }
});

Deno.test("normalizePath leaves a normalized path as it is", () => {
  fc.assert(fc.property(path, (given) => {
    assert.equal(normalizePath(given), given);
    assert.equal(normalizePath(`/${given.replaceAll("/", "//")}/`), given);
  }));
});

Deno.test("normalizePath refuses 33 segments, counting no empty ones", () => {
  const longest = Array(MAX_PATH_SEGMENTS).fill("a").join("//");
  assert.equal(normalizePath(longest).split("/").length, 32);
  assert.throws(
    () => normalizePath(`${longest}/a`),
    (error) => error instanceof MoqError && error.code === "decode",
  );
});

Deno.test("normalizePath refuses 4097 bytes, and 1025 in a segment", () => {
  const isTooLong = (error: unknown) =>
    error instanceof MoqError && error.code === "too-large" &&
    error.message.length < 200;
  const segment = "é".repeat(512);
  assert.equal(normalizePath(segment), segment);
  assert.throws(() => normalizePath(`${segment}a`), isTooLong);
  const longest = Array(4).fill("a".repeat(1023)).join("/");
  assert.equal(normalizePath(`${longest}/`).length, 4095);
  assert.equal(normalizePath(`${longest}a`).length, 4096);
  assert.throws(() => normalizePath(`${longest}/a`), isTooLong);
});

Deno.test("isLonger counts bytes of UTF-8", () => {
  fc.assert(fc.property(
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.nat(50),
    (text, most) => {
      const { byteLength } = new TextEncoder().encode(text);
      assert.equal(isLonger(text, most), byteLength > most);
    },
  ));
});

Deno.test("stripPrefix undoes joinPath", () => {
  fc.assert(fc.property(path, path, (prefix, rest) => {
    const joined = joinPath(prefix, rest);
    assert.equal(normalizePath(joined), joined);
    assert.equal(stripPrefix(prefix, joined), rest);
  }));
});

Deno.test("hasPrefix compares whole segments", () => {
  assert(hasPrefix("foo", "foo"));
  assert(hasPrefix("foo", "foo/bar"));
  assert(hasPrefix("", "foo"));
  assert(hasPrefix("", ""));
  assert(!hasPrefix("foo", "foobar"));
  assert(!hasPrefix("foo/bar", "foo"));
  assert(!hasPrefix("foo", ""));
});
