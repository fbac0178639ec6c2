/**
 * A lint plugin for the layering rule of `layer_table.ts`: it reports forbidden
 * imports, and `Deno` in layers that run anywhere.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { covers, layerOf } from "./layer_table.ts";

const ROOT = new URL("../../../", import.meta.url).href;
const SEE = "see the layer table in ARCHITECTURE.md";
// Tests and benchmarks beside the source may import assertions, properties and siblings.
const BESIDE_THE_SOURCE = /_(test|bench)\.ts$/;

/** Why `importer`, a path relative to the project, may not import `specifier`; `undefined` if it may. */
export function importViolation(
  importer: string,
  specifier: string,
): string | undefined {
  const layer = layerOf(importer);
  if (!layer || BESIDE_THE_SOURCE.test(importer)) return undefined;
  const target = resolve(specifier, importer);
  if (covers([...layer.files, ...layer.may], target)) return undefined;
  return `${importer} may not import ${target}: ${SEE}`;
}

/** Why `file` may not use `Deno`; `undefined` if it may. */
export function denoViolation(file: string): string | undefined {
  const layer = layerOf(file);
  if (!layer || layer.deno || BESIDE_THE_SOURCE.test(file)) return undefined;
  return `${file} may not name Deno, its layer runs anywhere: ${SEE}`;
}

function resolve(specifier: string, importer: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

function projectPath(file: string): string {
  const { href } = pathToFileURL(file);
  return href.startsWith(ROOT) ? href.slice(ROOT.length) : "";
}

type ImportNode = Deno.lint.Node & {
  readonly source: { readonly value: unknown } | null;
};

const imports: Deno.lint.Rule = {
  create(context) {
    const importer = projectPath(context.filename);
    const look = (node: ImportNode): void => {
      const specifier = node.source?.value;
      if (typeof specifier !== "string") return;
      const message = importViolation(importer, specifier);
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
      ImportExpression: (node) => look(node as unknown as ImportNode),
    };
  },
};

const deno: Deno.lint.Rule = {
  create(context) {
    const message = denoViolation(projectPath(context.filename));
    if (!message) return {};
    return {
      Identifier(node) {
        if (node.name === "Deno") context.report({ node, message });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = { name: "layers", rules: { imports, deno } };

// The linter requires a default export.
export default plugin;
