import assert from "node:assert/strict";
import { circles, relativeImports } from "./circles.ts";

const ROOT = new URL("../../../", import.meta.url);

Deno.test("relativeImports: finds imports, types and re-exports on any lines", () => {
  const source = `import { a } from "./a.ts";
import type {
  B,
} from "../b.ts";
export * from "./c.ts";
import { d } from "@moq-deno/lite";
`;
  assert.deepEqual(relativeImports(source), ["./a.ts", "../b.ts", "./c.ts"]);
});

Deno.test("circles: finds each circle, and none in a tree", () => {
  const imports = new Map([
    ["a", ["b", "c"]],
    ["b", ["c"]],
    ["c", ["d"]],
    ["d", ["b"]],
    ["e", ["a"]],
    ["f", ["g"]],
    ["g", ["f"]],
  ]);
  assert.deepEqual(circles(imports), [["b", "c", "d"], ["f", "g"]]);
  assert.deepEqual(circles(new Map([["a", ["b"]], ["b", []]])), []);
});

async function* sources(folder: string): AsyncGenerator<string> {
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))
  ) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (/(?<!_test|_bench)\.ts$/.test(name)) yield folder + name;
  }
}

for (const folder of ["lite/", "hang/", "relay/", "examples/"]) {
  Deno.test(`circles: no files of ${folder} import each other`, async () => {
    const imports = new Map<string, string[]>();
    for await (const file of sources(folder)) {
      const url = new URL(file, ROOT);
      const source = await Deno.readTextFile(url);
      imports.set(
        file,
        relativeImports(source).map((specifier) =>
          new URL(specifier, url).href.slice(ROOT.href.length)
        ),
      );
    }
    assert.deepEqual(circles(imports), []);
  });
}
