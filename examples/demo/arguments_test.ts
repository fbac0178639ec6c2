import assert from "node:assert/strict";
import { HELP, readArguments } from "./arguments.ts";

Deno.test("readArguments: --lan-address is --lan at that address", () => {
  const { isOnLan, lanAddress } = readArguments(["--lan-address", "10.0.0.7"]);
  assert.deepEqual([isOnLan, lanAddress], [true, "10.0.0.7"]);
  assert.equal(readArguments([]).isOnLan, false);
});

Deno.test("readArguments: --lan needs a page", () => {
  for (const other of ["--seconds=5", "--out=a.mp4"]) {
    assert.throws(
      () => readArguments(["--lan", other]),
      /Expected --lan without --seconds and --out/,
    );
  }
});

Deno.test("readArguments: the help has every option", () => {
  for (const option of ["--lan ", "--lan-address IP", "--lan-port PORT"]) {
    assert.ok(HELP.includes(option), option);
  }
});
