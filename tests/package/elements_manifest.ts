/**
 * The custom-elements manifest of the elements, for editors and catalogs of
 * components, read from the code: attributes, properties, events, slots, parts
 * and custom properties.
 * https://github.com/webcomponents/custom-elements-manifest, schema 2.1.0.
 *
 * @module
 */
import { ROOT } from "./process.ts";

interface Named {
  readonly name: string;
  readonly description?: string;
}

interface Typed extends Named {
  readonly type: { readonly text: string };
}

/** One element. */
export interface ElementDeclaration extends Named {
  readonly kind: "class";
  readonly customElement: true;
  readonly tagName: string;
  readonly attributes: readonly Named[];
  readonly members: readonly (Typed & { readonly kind: "field" })[];
  readonly events: readonly Typed[];
  readonly slots: readonly Named[];
  readonly cssParts: readonly Named[];
  readonly cssProperties: readonly Named[];
}

/** The module of one element. */
export interface ElementModule {
  readonly kind: "javascript-module";
  /** In the npm package. */
  readonly path: string;
  readonly declarations: readonly ElementDeclaration[];
  readonly exports: readonly unknown[];
}

/** The whole. */
export interface ElementsManifest {
  readonly schemaVersion: string;
  readonly modules: readonly ElementModule[];
}

/** The elements, by tag name. */
export const TAGS: readonly string[] = [
  "hang-watch",
  "hang-publish",
  "hang-chat",
  "hang-meet",
  "hang-rooms",
  "hang-support",
];

/** Reads it from the code. */
export async function elementsManifest(): Promise<ElementsManifest> {
  const modules = await Promise.all(TAGS.map(moduleOf));
  return { schemaVersion: "2.1.0", modules };
}

/** Name of the class of an element. */
export function classNameOf(tagName: string): string {
  return tagName.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase()) +
    "Element";
}

async function moduleOf(tagName: string): Promise<ElementModule> {
  const file = `hang/ui/${tagName.replace("-", "_")}.ts`;
  const entry = new URL(file, ROOT);
  const name = classNameOf(tagName);
  const module: Record<string, { readonly observedAttributes: string[] }> =
    await import(entry.href);
  const own = await Deno.readTextFile(entry);
  const sources = await reach(entry);
  const all = [...sources.values()].join("\n");
  const relay = sources.get(
    new URL("hang/ui/shared/hang_element.ts", ROOT).href,
  );
  const declaration: ElementDeclaration = {
    kind: "class",
    customElement: true,
    tagName,
    name,
    description: docOf(own, `export class ${name} `),
    attributes: module[name]!.observedAttributes.map((name) => ({ name })),
    members: [...membersOf(own), ...membersOf(relay ?? "")],
    events: eventsOf(own, name.replace("Element", "Events")),
    slots: namesIn(all, [/\bslot\((?:"([a-z-]+)")?\)/g]),
    cssParts: namesIn(all, [
      /\bpart\(\s*"[a-z0-9]+",\s*"([a-z-]+)/g,
      /\b(?:icon|path)Button\(\s*"([a-z-]+)"/g,
    ]),
    cssProperties: namesIn(all, [/(--hang-[a-z-]+):/g]),
  };
  const path = file.replace("hang/", "").replace(/\.ts$/, ".js");
  const declared = { name, module: path };
  return {
    kind: "javascript-module",
    path,
    declarations: [declaration],
    exports: [
      { kind: "js", name, declaration: declared },
      {
        kind: "custom-element-definition",
        name: tagName,
        declaration: declared,
      },
    ],
  };
}

/** The files of `hang/ui` that a module is made of, by URL. */
async function reach(entry: URL): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  const left = [entry.href];
  for (let url = left.pop(); url !== undefined; url = left.pop()) {
    if (sources.has(url)) continue;
    const source = await Deno.readTextFile(new URL(url));
    sources.set(url, source);
    for (const [, specifier] of source.matchAll(/ from "(\.[^"]+)"/g)) {
      const { href } = new URL(specifier!, url);
      if (href.includes("/hang/ui/")) left.push(href);
    }
  }
  return sources;
}

/** The sentence in front of a declaration. */
function docOf(source: string, declaration: string): string {
  const before = source.slice(0, source.indexOf(declaration));
  const [, doc = ""] = /\/\*\* (.*) \*\/\s*$/.exec(before) ?? [];
  return doc;
}

function membersOf(source: string): ElementDeclaration["members"] {
  const members = source.matchAll(
    /\/\*\* (.*) \*\/\n {2}(?:declare |get )(\w+)(?:\(\))?: (.+?)(?:;| \{)$/gm,
  );
  return Array.from(members, ([, description = "", name = "", text = ""]) => ({
    kind: "field",
    name,
    description,
    type: { text },
  }));
}

function eventsOf(source: string, type: string): Typed[] {
  const [, body = ""] =
    RegExp(`export interface ${type} {\n([^]*?)\n}`).exec(source) ?? [];
  const events = body.matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+): (.+);/g);
  return Array.from(events, ([, description = "", name = "", detail]) => ({
    name,
    description,
    type: { text: `CustomEvent<${detail}>` },
  }));
}

function namesIn(source: string, patterns: readonly RegExp[]): Named[] {
  const found = patterns.flatMap((pattern) =>
    Array.from(source.matchAll(pattern), ([, name = ""]) => name)
  );
  return [...new Set(found)].toSorted().map((name) => ({ name }));
}
