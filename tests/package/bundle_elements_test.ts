import assert from "node:assert/strict";
import {
  bundleElements,
  type ElementBundle,
  LIMITS_KB,
  sizeTable,
} from "./bundle_elements.ts";
import { temporaryFolder } from "./temporary_folder.ts";

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly (string | null)[];
}

async function checkBundle(
  folder: string,
  { file, gzipSize }: ElementBundle,
): Promise<void> {
  const name = file.replace(".js", "");
  assert.ok(gzipSize <= LIMITS_KB[name]! * 1000, `${file}: ${gzipSize} bytes`);
  const code = await Deno.readTextFile(`${folder}/${file}`);
  assert.doesNotMatch(code, /\bimport\s*[{*"'(]|\bfrom\s*"/, file);
  assert.ok(code.endsWith(`//# sourceMappingURL=${file}.map`), file);
  const text = await Deno.readTextFile(`${folder}/${file}.map`);
  const map: SourceMap = JSON.parse(text);
  const entry = `hang/ui/${name.replace("-", "_")}.ts`;
  const at = map.sources.findIndex((source) => source.endsWith(entry));
  const source = await Deno.readTextFile(
    new URL(`../../${entry}`, import.meta.url),
  );
  assert.equal(map.sourcesContent[at], source, entry);
}

Deno.test("deno task bundle:elements makes files within their size limits", async () => {
  await using folder = await temporaryFolder();
  const bundles = await bundleElements(folder.path);
  // deno-lint-ignore no-console
  console.log(sizeTable(bundles));
  assert.equal(bundles.length, Object.keys(LIMITS_KB).length);
  for (const bundle of bundles) await checkBundle(folder.path, bundle);
});
