/**
 * `deno task bundle:elements`: each element as one minified ES module for any
 * page, with its source map, and `custom-elements.json`, in `dist/`. Prints the
 * sizes.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { minify } from "terser";
import { elementsManifest } from "./elements_manifest.ts";
import { ROOT, runDeno } from "./process.ts";

/** Most kilobytes (1000 bytes) of each file after gzip. */
export const LIMITS_KB: Readonly<Record<string, number>> = {
  "hang-watch": 75,
  "hang-publish": 75,
  "hang-chat": 75,
  "hang-meet": 110,
  "hang-rooms": 65,
  "hang-support": 5,
};

/** A file that was written. */
export interface ElementBundle {
  /** Its name, without a folder. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes after gzip. */
  readonly gzipSize: number;
}

/** Writes every element and its source map into `folder`. */
export async function bundleElements(folder: string): Promise<ElementBundle[]> {
  await Deno.mkdir(folder, { recursive: true });
  const manifest = JSON.stringify(await elementsManifest(), null, 2);
  await Deno.writeTextFile(`${folder}/custom-elements.json`, `${manifest}\n`);
  return await Promise.all(
    Object.keys(LIMITS_KB).map((name) => bundleElement(name, folder)),
  );
}

/** Writes one element and its source map into `folder`. */
export async function bundleElement(
  name: string,
  folder: string,
): Promise<ElementBundle> {
  const file = `${name}.js`;
  const path = `${folder}/${file}`;
  const module = `hang/ui/${name.replace("-", "_")}.ts`;
  const flags = ["--platform=browser", "--minify", "--sourcemap=external"];
  const output = `--output=${path}`;
  await runDeno(["bundle", "--quiet", ...flags, output, module], { cwd: ROOT });
  // The bundler shortens private names; terser makes what it leaves 4 % smaller.
  const { code = "", map } = await minify(await Deno.readTextFile(path), {
    module: true,
    ecma: 2022,
    compress: { passes: 3, unsafe_arrows: true },
    sourceMap: {
      content: await Deno.readTextFile(`${path}.map`),
      includeSources: true,
      url: `${file}.map`,
    },
  });
  await Deno.writeTextFile(path, code);
  await Deno.writeTextFile(`${path}.map`, String(map));
  const bytes = new TextEncoder().encode(code);
  const { byteLength: gzipSize } = gzipSync(bytes, { level: 9 });
  return { file, size: bytes.byteLength, gzipSize };
}

/** The sizes as a table for people. */
export function sizeTable(bundles: readonly ElementBundle[]): string {
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1).padStart(7);
  const lines = bundles.map(({ file, size, gzipSize }) =>
    `${file.padEnd(16)}${kilobytes(size)} kB,${kilobytes(gzipSize)} kB gzip`
  );
  return lines.join("\n");
}

if (import.meta.main) {
  // deno-lint-ignore no-console
  console.log(sizeTable(await bundleElements("dist")));
}
