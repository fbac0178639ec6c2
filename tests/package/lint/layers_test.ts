import assert from "node:assert/strict";
import { covers, layerOf, LAYERS } from "./layer_table.ts";
import { denoViolation, importViolation } from "./layers.ts";

const FORBIDDEN: readonly (readonly [importer: string, specifier: string])[] = [
  ["lite/error.ts", "./bytes/varint.ts"],
  ["lite/bytes/cursor.ts", "../wire/version.ts"],
  ["lite/wire/group.ts", "../model/group.ts"],
  ["lite/model/group.ts", "../wire/group.ts"],
  ["lite/model/group.ts", "../session/session.ts"],
  ["lite/model/group.ts", "node:util"],
  ["lite/session/session.ts", "../transport/memory.ts"],
  ["lite/transport/qmux/qmux.ts", "../../session/session.ts"],
  ["lite/mod.ts", "./deno/quic.ts"],
  ["lite/deno/h3/session.ts", "../../session/session.ts"],
  ["hang/mod.ts", "./media/mod.ts"],
  ["hang/catalog/parse.ts", "../container/loc.ts"],
  ["hang/catalog/parse.ts", "../../../lite/error.ts"],
  ["hang/media/open.ts", "@moq-deno/lite/deno"],
  ["hang/cli/main.ts", "../ui/watch.ts"],
  ["relay/relay.ts", "./config.ts"],
  ["relay/relay.ts", "@moq-deno/lite/deno"],
  ["relay/main.ts", "@moq-deno/hang"],
  ["relay/token/pattern.ts", "@moq-deno/lite"],
  ["examples/clock.ts", "../lite/mod.ts"],
  ["examples/browser/surface.ts", "@moq-deno/lite/deno"],
  ["mod.ts", "./lite/mod.ts"],
];

const ALLOWED: readonly (readonly [importer: string, specifier: string])[] = [
  ["lite/path.ts", "./error.ts"],
  ["lite/session/session.ts", "../transport/transport.ts"],
  ["lite/transport/pair/end.ts", "../inbox.ts"],
  ["lite/deno/client.ts", "../session/session.ts"],
  ["lite/deno/h3/session.ts", "../streams.ts"],
  ["lite/wire/wire_properties_test.ts", "../model/frame.ts"],
  ["relay/listen/quic.ts", "../auth.ts"],
  ["tests/integration/network.ts", "../../../lite/model/origin.ts"],
];

for (const [importer, specifier] of FORBIDDEN) {
  Deno.test(`importViolation() sees ${importer} import ${specifier}`, () => {
    const message = importViolation(importer, specifier) ?? "nothing";
    assert.match(message, /may not import .+: see the layer table/);
  });
}

Deno.test("importViolation() lets every layer import what its row says", () => {
  for (const [importer, specifier] of ALLOWED) {
    assert.equal(importViolation(importer, specifier), undefined, importer);
  }
});

Deno.test("denoViolation() keeps Deno to the layers that run in it", () => {
  for (const file of ["lite/session/session.ts", "relay/relay.ts", "mod.ts"]) {
    assert.match(denoViolation(file) ?? "", /may not name Deno/);
  }
  for (const file of ["lite/deno/quic.ts", "lite/path_test.ts"]) {
    assert.equal(denoViolation(file), undefined);
  }
});

Deno.test("covers() excludes the matches of a later pattern", () => {
  assert.ok(covers(["hang/", "!hang/ui/"], "hang/media/open.ts"));
  assert.ok(!covers(["hang/", "!hang/ui/"], "hang/ui/watch.ts"));
  assert.ok(!covers(["@moq-deno/lite"], "@moq-deno/lite/deno"));
});

const root = new URL("../../../", import.meta.url);

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = folder + entry.name;
    if (entry.isDirectory) yield* sources(`${path}/`);
    else if (path.endsWith(".ts")) yield path;
  }
}

Deno.test("layerOf() knows a layer for every source file", async () => {
  for (const folder of ["lite/", "hang/", "relay/", "examples/", "tests/"]) {
    for await (const file of sources(folder)) {
      const isTest = /_(test|bench)\.ts$/.test(file);
      assert.ok(isTest || layerOf(file), `${file} is in no layer`);
    }
  }
});

function cells(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

function listed(patterns: readonly string[]): string {
  const [first] = LAYERS;
  const isRoot = (pattern: string): boolean => first!.files.includes(pattern);
  const names = patterns.map((pattern) =>
    pattern === "*"
      ? "anything"
      : pattern.startsWith("!")
      ? `not \`${pattern.slice(1)}\``
      : `\`${pattern}\``
  );
  const shown = names.filter((_, at) => !isRoot(patterns[at]!));
  if (patterns.some(isRoot)) shown.unshift("the first row");
  return shown.length === 0 ? "nothing" : shown.join(", ");
}

Deno.test("ARCHITECTURE.md has the layer table of the lint plugin", async () => {
  const text = await Deno.readTextFile(new URL("ARCHITECTURE.md", root));
  const [, table = ""] = /<!-- layers -->\n([^]*?)<!-- end -->/.exec(text) ??
    [];
  const [, , ...rows] = table.trim().split("\n").map(cells);
  const expected = LAYERS.map(({ files, may, deno }) => [
    files.map((file) => `\`${file}\``).join(", "),
    listed(may),
    deno ? "Deno" : "anywhere",
  ]);
  assert.deepEqual(rows, expected);
});
