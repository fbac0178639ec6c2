import assert from "node:assert/strict";
import {
  choice,
  flag,
  needed,
  operands,
  optionsOf,
  parse,
  read,
  usageOf,
} from "./command_line.ts";

const ROWS = {
  isLoud: flag("--loud", "say more"),
  kind: choice("--kind KIND", {
    words: ["a", "b"],
    help: `one of two ${"long ".repeat(12)}words`,
  }),
  url: needed("--url URL", { read: (text) => new URL(text), help: "where" }),
  files: operands("FILE", { preset: "-", help: "what" }),
};

Deno.test("read gives each row's value or default", () => {
  const given = parse(["--url", "http://a", "--loud", "x", "y"], [ROWS]);
  assert.deepEqual(read(ROWS, given), {
    isLoud: true,
    kind: "a",
    url: new URL("http://a"),
    files: ["x", "y"],
  });
});

Deno.test("read names the option whose value is wrong", () => {
  assert.throws(() => read(ROWS, parse(["--url="], [ROWS])), {
    message: "Expected --url, got none",
  });
  assert.throws(
    () => read(ROWS, parse(["--url", "http://a", "--kind", "c"], [ROWS])),
    { message: 'Expected --kind to be a, b, got "c"' },
  );
});

Deno.test("usageOf and optionsOf show every row", () => {
  assert.equal(usageOf(ROWS), "--url URL [OPTIONS] [FILE]...");
  assert.equal(
    optionsOf(ROWS),
    `  --url URL           where
  --loud              say more
  --kind KIND         one of two long long long long long long long long long
                      long long long words (default: a)
  FILE                what (default: -)`,
  );
});
