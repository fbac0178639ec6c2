import assert from "node:assert/strict";
import { readArguments } from "./arguments.ts";

const RELAY = ["--url", "http://localhost:4443"];

Deno.test("readArguments refuses to publish under a name that is not announced", () => {
  for (const name of [".x", "a/../b", "a/.b", "/.."]) {
    for (const command of ["publish", "replay", "chat"]) {
      assert.throws(
        () => readArguments([command, ...RELAY, "--name", name]),
        { name: "TypeError", message: /without a part that begins with a dot/ },
      );
    }
    const record = ["record", ...RELAY, "--name", "film", "--dvr", name, "to"];
    assert.throws(() => readArguments(record), { message: /--dvr without/ });
    // Who knows such a name may ask for it.
    readArguments(["subscribe", ...RELAY, "--name", name]);
  }
  assert.throws(
    () => readArguments(["publish", ...RELAY, "--name", "//"]),
    { message: 'Expected --name with a path, got "//"' },
  );
  readArguments(["publish", ...RELAY, "--name", "a.b/c..d"]);
});
