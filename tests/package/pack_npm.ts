/**
 * `deno task pack`: lite and hang as npm packages, in `dist/`. `deno pack`
 * compiles them; this adds what it leaves out.
 *
 * @module
 */
import { elementsManifest } from "./elements_manifest.ts";
import { ROOT, runDeno } from "./process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const MANIFEST = "custom-elements.json";

interface DenoManifest {
  readonly name: string;
  readonly version: string;
}

/** The fields of a package.json that are read or written here. */
export interface PackageManifest extends DenoManifest {
  readonly description?: string;
  readonly customElements?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, { readonly types: string; readonly import: string }>
  >;
}

/** The folders that are npm packages too, with one line for the registry. */
const DESCRIPTIONS = {
  lite: "Media over QUIC: moq-lite for browsers, workers, Deno, Node and Bun",
  hang:
    "Media over QUIC: a player, a publisher and rooms as elements, and what they are made of",
} as const;

// lite needs WebSocket and Promise.withResolvers.
const ENGINES = { node: ">=22" };

/** A folder that is an npm package too. */
export type PackedFolder = keyof typeof DESCRIPTIONS;

/** All of them, in the order of their dependencies. */
export const PACKED: readonly PackedFolder[] = ["lite", "hang"];

/** Writes the package of `name` into `folder`; returns the path of its tarball. */
export async function packNpm(
  name: PackedFolder,
  folder: string,
): Promise<string> {
  await using work = await temporaryFolder();
  const cwd = new URL(`${name}/`, ROOT);
  const compiled = `${work.path}/compiled.tgz`;
  await runDeno([
    ...["pack", "--quiet", "--allow-dirty", "--no-source-maps"],
    `--output=${compiled}`,
  ], { cwd });
  await tar(["-xzf", compiled, "-C", work.path]);
  const content = `${work.path}/package`;
  await correct(content);
  await Deno.copyFile(new URL("LICENSE", ROOT), `${content}/LICENSE`);
  if (name === "hang") await addElements(content);
  const manifest = await completeManifest(name, content);
  const file = manifest.name.replace("@", "").replace("/", "-");
  const output = `${folder}/${file}-${manifest.version}.tgz`;
  await Deno.mkdir(folder, { recursive: true });
  await tar(["-czf", output, "-C", work.path, "package"]);
  return output;
}

/** Corrects what `deno pack` has written below `folder`. */
async function correct(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await correct(path);
    else if (name.endsWith(".d.ts")) await correctTypes(path);
    // No entry reaches it: it is there as it was.
    else if (name.endsWith(".ts")) await Deno.remove(path);
  }
}

/** Lets types that can be disposed of compile for older targets, whose libraries do not have the name. */
async function correctTypes(path: string): Promise<void> {
  const types = await Deno.readTextFile(path);
  if (!/\bextends (?:Async)?Disposable\b/.test(types)) return;
  await Deno.writeTextFile(
    path,
    `/// <reference lib="esnext.disposable" />\n${types}`,
  );
}

/** Adds the manifest of the elements, and the types of their tag names, which JSR does not allow in modules. */
async function addElements(content: string): Promise<void> {
  const manifest = await elementsManifest();
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await Deno.writeTextFile(`${content}/${MANIFEST}`, text);
  for (const { path, declarations } of manifest.modules) {
    const [{ tagName, name } = { tagName: "", name: "" }] = declarations;
    const types = `declare global {
  interface HTMLElementTagNameMap {
    "${tagName}": ${name};
  }
}
`;
    const file = `${content}/${path.replace(/\.js$/, ".d.ts")}`;
    await Deno.writeTextFile(file, types, { append: true });
  }
}

/** Writes and returns package.json with what `deno pack` does not know. */
async function completeManifest(
  name: PackedFolder,
  content: string,
): Promise<PackageManifest> {
  const path = `${content}/package.json`;
  const compiled = await readJson<PackageManifest>(path);
  const manifest: PackageManifest = {
    ...compiled,
    description: DESCRIPTIONS[name],
    engines: ENGINES,
    ...(name === "hang" && { customElements: MANIFEST }),
    dependencies: { ...compiled.dependencies, ...await siblingsOf(name) },
  };
  await Deno.writeTextFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** hang imports lite by its name in the workspace, which `deno pack` takes for part of the package. */
async function siblingsOf(
  folder: PackedFolder,
): Promise<Readonly<Record<string, string>>> {
  if (folder === "lite") return {};
  const lite = await readJson<DenoManifest>(new URL("lite/deno.json", ROOT));
  return { [lite.name]: `^${lite.version}` };
}

async function readJson<T>(path: string | URL): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path));
}

async function tar(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("tar", {
    args: [...args],
  }).output();
  if (success) return;
  throw new Error(`tar failed: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  for (const name of PACKED) {
    // deno-lint-ignore no-console
    console.log(await packNpm(name, "dist"));
  }
}
