/**
 * Packages from npm for tests. They are bundled when a test runs and stay out
 * of the module graph and of the lock file, because whatever is in that is
 * downloaded by everybody who runs anything here.
 *
 * @module
 */
import type { Net } from "./peer.ts";

/** The packages, as modules import them. */
export const PACKAGES = {
  net: "npm:@moq/net@0.3.4",
  publish: "npm:@moq/publish@0.2.17/element",
  watch: "npm:@moq/watch@0.4.6/element",
} as const;

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** One script made of the module `source` and all that it imports. */
export async function bundle(source: string): Promise<string> {
  const entry = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(entry, source);
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          "bundle",
          "--quiet",
          "--no-lock",
          "--platform=browser",
          `--config=${CONFIG}`,
          entry,
        ],
      },
    ).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(`Expected a bundle, got: ${decoder.decode(stderr)}`);
  } finally {
    await Deno.remove(entry);
  }
}

/** `@moq/net`, for Deno. */
export async function loadNet(): Promise<Net> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(
      file,
      await bundle(`export * from "${PACKAGES.net}";`),
    );
    return await import(`file://${file}`);
  } finally {
    await Deno.remove(file);
  }
}
