import assert from "node:assert/strict";
import { ROOT } from "./process.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
}

interface Workspace {
  readonly workspace: readonly string[];
  readonly tasks: Readonly<Record<string, string>>;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
}

interface Entry {
  /** The import specifier. */
  readonly specifier: string;
  /** Its file, relative to the project. */
  readonly file: string;
}

const PACKAGES = ["lite", "hang", "relay"];
const manifests = await Promise.all(
  PACKAGES.map((folder) => readJson<Manifest>(`${folder}/deno.json`)),
);
const entries: Entry[] = manifests.flatMap(({ name, exports }, at) =>
  Object.entries(exports).map(([key, file]) => ({
    specifier: name + key.slice(1),
    file: `${PACKAGES[at]}/${file.slice(2)}`,
  }))
);

for (const { specifier, file } of entries) {
  Deno.test(`${specifier} can be imported in Deno`, async () => {
    const module: object = await import(new URL(file, ROOT).href);
    const isProgram = /\/(main|cli)$/.test(specifier);
    assert.equal(Object.keys(module).length === 0, isProgram);
  });
}

Deno.test("the packages have one version", () => {
  const versions = new Set(manifests.map(({ version }) => version));
  assert.equal(versions.size, 1, [...versions].join(", "));
});

Deno.test("the workspace publishes the three packages, so its root has no name", async () => {
  const root = await readJson<Workspace & { name?: string }>("deno.json");
  assert.equal(root.name, undefined);
  for (const folder of PACKAGES) {
    assert.ok(root.workspace.includes(`./${folder}`), folder);
  }
});

Deno.test("deno task doc covers every public entry", async () => {
  const { tasks } = await readJson<Workspace>("deno.json");
  const documented = tasks.doc?.split(" ") ?? [];
  for (const { file } of entries) assert.ok(documented.includes(file), file);
});
