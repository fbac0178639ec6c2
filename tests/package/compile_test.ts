import assert from "node:assert/strict";
import { passGroup } from "./pass.ts";
import { ROOT, runDeno } from "./process.ts";
import { RelayProcess } from "./relay_process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const STUB =
  `release/v${Deno.version.deno}/denort-${Deno.build.target}.zip` as const;

/** Why `deno compile` cannot work here, or `undefined`. It needs a runtime stub, which is not part of deno. */
async function obstacle(): Promise<string | undefined> {
  if (Deno.env.has("DENORT_BIN")) return undefined;
  const info = await runDeno(["info", "--json"], { cwd: ROOT });
  const { denoDir }: { denoDir: string } = JSON.parse(info);
  if (await exists(`${denoDir}/dl/${STUB}`)) return undefined;
  const url = `https://dl.deno.land/${STUB}`;
  try {
    const response = await fetch(url, { method: "HEAD" });
    return response.ok ? undefined : `${url} answers ${response.status}`;
  } catch {
    // If we cannot reach the server, deno compile cannot either.
    return `no DENORT_BIN, and ${url} cannot be reached`;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const reason = await obstacle();
const name = "deno task compile makes an executable that relays by itself";

Deno.test({
  name: reason === undefined ? name : `${name} (SKIPPED: ${reason})`,
  ignore: reason !== undefined,
  async fn() {
    await using folder = await temporaryFolder();
    await runDeno(["task", "compile"], { cwd: ROOT });
    const isWindows = Deno.build.os === "windows";
    const file = isWindows ? "moq-relay.exe" : "moq-relay";
    const program = `${folder.path}/${file}`;
    await Deno.copyFile(new URL(`dist/${file}`, ROOT), program);
    await using relay = await RelayProcess.start([program], {
      cwd: folder.path,
    });
    await using publisher = await relay.connect();
    await using subscriber = await relay.connect();
    await passGroup(publisher, subscriber);
    assert.equal(await relay.stop(), 0);
  },
});
