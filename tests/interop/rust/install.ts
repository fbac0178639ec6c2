/**
 * Finds the Rust relay and command line: in the folder that `MOQ_RUST_BIN` names, or
 * installed with cargo into the user's cache, which takes some minutes the first
 * time.
 *
 * @module
 */

// The releases that speak moq-lite-06 and were tested.
const CRATES = [
  { crate: "moq-relay", version: "0.17.10", binary: "moq-relay" },
  { crate: "moq-cli", version: "0.14.10", binary: "moq" },
] as const;

function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") ??
    `${Deno.env.get("HOME") ?? "."}/.cache`;
  return `${base}/moq-deno/rust`;
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The folder with both programs; throws without cargo, or when a build fails. */
export async function rustPrograms(): Promise<string> {
  const given = Deno.env.get("MOQ_RUST_BIN");
  if (given) return given;
  const root = cacheFolder();
  for (const crate of CRATES) await install(root, crate);
  return `${root}/bin`;
}

interface Crate {
  readonly crate: string;
  readonly version: string;
  readonly binary: string;
  /** Whether it only builds with its own lock file, as older releases do. */
  readonly isLocked?: boolean;
}

async function install(
  root: string,
  { crate, version, binary, isLocked }: Crate,
): Promise<string> {
  const path = `${root}/bin/${binary}`;
  if (await isThere(path)) return path;
  const args = ["install", crate, "--version", version, "--root", root];
  if (isLocked) args.push("--locked");
  const { success } = await new Deno.Command("cargo", { args }).spawn()
    .status;
  if (success) return path;
  throw new Error(`cargo ${args.join(" ")} failed`);
}

/** Releases of `moq-token`, the predecessor of `moq auth`: one with the first form of keys, and the last. */
export const MOQ_TOKEN_VERSIONS = ["0.5.5", "0.5.48"] as const;

/** The program `moq-token` of that release, installed with cargo if it is missing; throws without cargo, or when the build fails. */
export function moqToken(version: string): Promise<string> {
  const root = `${cacheFolder()}/moq-token-${version}`;
  return install(root, {
    crate: "moq-token-cli",
    version,
    binary: "moq-token",
    isLocked: true,
  });
}

if (import.meta.main) {
  await rustPrograms();
  for (const version of MOQ_TOKEN_VERSIONS) await moqToken(version);
}
