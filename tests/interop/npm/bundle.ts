/**
 * npm packages for tests. They are bundled when a test runs, and stay out of the
 * module graph and the lock file, because everything in those is downloaded for
 * every run of anything here.
 *
 * @module
 */
import type { Net } from "./peer.ts";
import type { Prometheus } from "./prometheus.ts";
import type { Qmux } from "./qmux.ts";
import type { Token } from "./token.ts";

/** The packages, as import specifiers. */
export const PACKAGES = {
  hls: "npm:hls.js@1.7.4",
  net: "npm:@moq/net@0.3.4",
  prometheus: "npm:parse-prometheus-text-format@1.1.1",
  publish: "npm:@moq/publish@0.2.17/element",
  qmux: "npm:@moq/qmux@0.3.3",
  token: "npm:@moq/token@0.2.3",
  watch: "npm:@moq/watch@0.4.6/element",
} as const;

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** One script with the module `source` and all its imports. */
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
    throw new Error(`The bundle failed: ${decoder.decode(stderr)}`);
  } finally {
    await Deno.remove(entry);
  }
}

/** The exports of the module `source`, for Deno; `T` is the part in use. */
async function load<T>(source: string): Promise<T> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, await bundle(source));
    return await import(`file://${file}`);
  } finally {
    await Deno.remove(file);
  }
}

/** `@moq/net`, for Deno. */
export function loadNet(): Promise<Net> {
  return load(`export * from "${PACKAGES.net}";`);
}

/** `@moq/qmux`, and `@moq/net` over it, for Deno. */
export function loadQmux(): Promise<Qmux> {
  return load(
    `export { default as QmuxSession, StreamError } from "${PACKAGES.qmux}";
export * as Net from "${PACKAGES.net}";`,
  );
}

/** `parse-prometheus-text-format`, for Deno. */
export function loadPrometheus(): Promise<Prometheus> {
  return load(`export { default as parse } from "${PACKAGES.prometheus}";`);
}

/** `@moq/token`, for Deno. */
export function loadToken(): Promise<Token> {
  return load(`export * from "${PACKAGES.token}";`);
}
