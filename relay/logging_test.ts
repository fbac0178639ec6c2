import assert from "node:assert/strict";
import { openLog } from "./logging.ts";

function open(
  level: "debug" | "info" | "error",
  format: "pretty" | "json",
): { log: ReturnType<typeof openLog>; lines: string[] } {
  const lines: string[] = [];
  const log = openLog({ level, format, sink: (line) => lines.push(line) });
  return { log, lines };
}

Deno.test("openLog: a disabled level has no function", () => {
  assert.deepEqual(Object.keys(open("info", "pretty").log), [
    "info",
    "warn",
    "error",
  ]);
  assert.deepEqual(Object.keys(open("error", "pretty").log), ["error"]);
  assert.equal(open("debug", "json").log.debug === undefined, false);
});

Deno.test("openLog: pretty is one line, whatever a peer sends", () => {
  const { log, lines } = open("info", "pretty");
  log.warn?.("session refused", {
    path: "a b\n12:00 ERROR fake",
    session: 7n,
    hop: undefined,
    error: new Error("nothing came"),
  });
  const [line = ""] = lines;
  assert.equal(lines.length, 1);
  assert.match(
    line,
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}session refused path="a b\\n12:00 ERROR fake" session=7 error="nothing came"\n$/,
  );
});

Deno.test("openLog: JSON has one object per line", () => {
  const { log, lines } = open("info", "json");
  log.info?.("listening", { port: 4443, id: 2n ** 60n, list: ["a", 1n] });
  const record = JSON.parse(lines[0] ?? "");
  assert.equal(lines[0]?.endsWith("}\n"), true);
  assert.equal(record.message, "listening");
  assert.equal(record.level, "INFO");
  assert.deepEqual(record.properties, {
    port: 4443,
    id: "1152921504606846976",
    list: ["a", "1"],
  });
});

Deno.test("openLog: tokens are hidden in every format", () => {
  for (const format of ["pretty", "json"] as const) {
    const { log, lines } = open("info", format);
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJyb290IjoiIn0.c2lnbmF0dXJl";
    log.info?.("refused", {
      query: `a=1&jwt=${token}&b=2`,
      url: new URL(`https://relay/x?jwt=${token}`),
      error: new Error(`bad token ${token}`),
    });
    assert.equal(lines.join("").includes("c2lnbmF0dXJl"), false);
    assert.equal(lines.join("").includes("b=2"), true);
  }
});

Deno.test("openLog: a peer's text cannot control the terminal", () => {
  for (const format of ["pretty", "json"] as const) {
    const { log, lines } = open("info", format);
    const steering = "\x1b]0;x\x07\u009b31m\u202e";
    log.warn?.("session refused", {
      path: steering,
      error: new Error(steering),
    });
    assert.doesNotMatch(lines.join(""), /[^\P{Cc}\n]|\u202e/u);
    assert.match(lines.join(""), /\\u001b.*\\u009b31m\\u202e/);
  }
});

Deno.test("openLog: no value is quoted twice", () => {
  const fields = {
    reason: 'No public access at "other"',
    url: new URL("https://relay.example/a b"),
    expires: new Date(0),
    peer: { name: "a b", port: 1 },
  };
  const pretty = open("info", "pretty");
  pretty.log.warn?.("refused", fields);
  assert.match(
    pretty.lines[0] ?? "",
    /refused reason='No public access at "other"' url=https:\/\/relay.example\/a%20b expires=1970-01-01T00:00:00.000Z peer=\{"name":"a b","port":1\}\n$/,
  );
  const json = open("info", "json");
  json.log.warn?.("refused", fields);
  assert.deepEqual(JSON.parse(json.lines[0] ?? "").properties, {
    reason: 'No public access at "other"',
    url: "https://relay.example/a%20b",
    expires: "1970-01-01T00:00:00.000Z",
    peer: { name: "a b", port: 1 },
  });
});
