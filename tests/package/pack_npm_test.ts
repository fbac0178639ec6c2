import assert from "node:assert/strict";
import { type PackageManifest, PACKED, packNpm } from "./pack_npm.ts";
import { ROOT } from "./process.ts";
import { type Files, readTar } from "./tar.ts";
import { temporaryFolder } from "./temporary_folder.ts";

async function readTarball(path: string): Promise<Files> {
  const { body } = new Response(await Deno.readFile(path));
  const unzipped = body!.pipeThrough(new DecompressionStream("gzip"));
  return readTar(await new Response(unzipped).bytes());
}

function textOf(files: Files, name: string): string {
  const bytes = files.get(`/package/${name}`);
  assert.ok(bytes, `no ${name} in ${[...files.keys()].slice(0, 5)}`);
  return new TextDecoder().decode(bytes);
}

for (const name of PACKED) {
  Deno.test(`deno task pack: ${name} has every file of its package.json`, async () => {
    await using folder = await temporaryFolder();
    const files = await readTarball(await packNpm(name, folder.path));
    const licence = await Deno.readTextFile(new URL("LICENSE", ROOT));
    assert.equal(textOf(files, "LICENSE"), licence);
    assert.match(textOf(files, "README.md"), RegExp(`^# @moq-deno/${name}\n`));
    const manifest: PackageManifest = JSON.parse(textOf(files, "package.json"));
    for (const entry of Object.values(manifest.exports)) {
      textOf(files, entry.import.slice(2));
      textOf(files, entry.types.slice(2));
    }
    const needed = importsOf(files).filter((one) => one !== manifest.name);
    const declared = Object.keys(manifest.dependencies ?? {});
    assert.deepEqual(declared.toSorted(), needed.toSorted());
    const sources = [...files.keys()].filter((path) =>
      path.endsWith(".ts") && !path.endsWith(".d.ts")
    );
    assert.deepEqual(sources, []);
  });
}

/** The packages that the scripts import. */
function importsOf(files: Files): string[] {
  const packages = new Set<string>();
  for (const [path, bytes] of files) {
    if (!path.endsWith(".js")) continue;
    const code = new TextDecoder().decode(bytes);
    const specifiers = code.matchAll(
      /(?:^|\*\/ )(?:import|export)\b(?:[^;"]* from)? "([^"]+)";/gm,
    );
    for (const [, specifier = ""] of specifiers) {
      if (/^(?:\.|node:)/.test(specifier)) continue;
      const [, found] = /^((?:@[^/]+\/)?[^/]+)/.exec(specifier)!;
      packages.add(found!);
    }
  }
  return [...packages];
}
