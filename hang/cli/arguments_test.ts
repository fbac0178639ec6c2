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

Deno.test("readArguments tells an option of another command by name", () => {
  for (
    const [args, message] of [
      [["chat", ...RELAY, "--name", "a/b", "--loop"], "chat, got --loop"],
      [["serve-hls", "--window", "5", "to"], "serve-hls FOLDER, got --window"],
      [["check", ...RELAY, "to"], "check FOLDER, got --url"],
    ] as const
  ) {
    assert.throws(() => readArguments(args), {
      message: `Expected an option of ${message}`,
    });
  }
});

Deno.test("readArguments takes as many operands as the command has", () => {
  readArguments(["export", "folder", "file"]);
  const expected = [
    [
      ["export", "folder", "file", "more"],
      "FOLDER [FILE|-], got folder file more",
    ],
    [["catalog", ...RELAY, "--name", "a", "x"], "options alone, got x"],
    [["check"], "FOLDER, got none"],
  ] as const;
  for (const [args, message] of expected) {
    assert.throws(() => readArguments(args), {
      message: `Expected ${message}`,
    });
  }
});

Deno.test("readArguments names what a mistyped word was meant to be", () => {
  for (
    const [args, message] of [
      [["subscibe"], "Unknown command subscibe: did you mean subscribe?"],
      [["anounced"], "Unknown command anounced: did you mean announced?"],
      [["xyz"], "Unknown command xyz: see --help"],
      [
        ["publish", "--contaner", "loc"],
        "Unknown option --contaner: did you mean --container?",
      ],
      [
        ["record", ...RELAY, "--lop"],
        "Unknown option --lop: did you mean --loop?",
      ],
      [["publish", "--frobnicate"], "Unknown option --frobnicate: see --help"],
    ] as const
  ) {
    assert.throws(() => readArguments(args), { message });
  }
});
