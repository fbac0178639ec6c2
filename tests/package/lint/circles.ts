/**
 * Circular imports: files that need each other, so that none can be read or loaded
 * first.
 *
 * @module
 */

/** The imports of each file, by path. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The relative specifiers of a module's imports and re-exports, including types. */
export function relativeImports(source: string): readonly string[] {
  const statements = source.matchAll(
    /^(?:import|export)\b[^;]*?\bfrom\s+"(\.[^"]+)";/gms,
  );
  return [...statements].map(([, specifier = ""]) => specifier);
}

/** The groups of files that import each other, each sorted. */
export function circles(imports: Imports): readonly (readonly string[])[] {
  const found: string[][] = [];
  const seen = new Set<string>();
  for (const file of imports.keys()) {
    if (seen.has(file)) continue;
    const circle = [...reach(imports, file)].filter((other) =>
      reach(imports, other).has(file)
    );
    for (const one of circle) seen.add(one);
    if (circle.length > 1) found.push(circle.sort());
  }
  return found;
}

/** `from` and everything that it imports, directly or not. */
function reach(imports: Imports, from: string): ReadonlySet<string> {
  const reached = new Set([from]);
  for (const file of reached) {
    for (const next of imports.get(file) ?? []) reached.add(next);
  }
  return reached;
}
