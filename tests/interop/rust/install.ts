/**
 * Makes sure that the Rust relay and command line are there: in the folder
 * that `MOQ_RUST_BIN` names, or installed with cargo into the user's cache,
 * which takes some minutes the first time.
 *
 * @module
 */

// The releases that speak moq-lite-06 and were tried.
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

/** The folder with both programs; throws when there is no cargo or a build fails. */
export async function rustPrograms(): Promise<string> {
  const given = Deno.env.get("MOQ_RUST_BIN");
  if (given) return given;
  const root = cacheFolder();
  for (const { crate, version, binary } of CRATES) {
    if (await isThere(`${root}/bin/${binary}`)) continue;
    const args = ["install", crate, "--version", version, "--root", root];
    const { success } = await new Deno.Command("cargo", { args }).spawn()
      .status;
    if (!success) {
      throw new Error(`Expected cargo ${args.join(" ")} to succeed`);
    }
  }
  return `${root}/bin`;
}

if (import.meta.main) await rustPrograms();
