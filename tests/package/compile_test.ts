import assert from "node:assert/strict";
import { passGroup } from "./pass.ts";
import { passClip } from "./pass_clip.ts";
import { DENO_RUN, ROOT, runDeno } from "./process.ts";
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

interface Tool {
  readonly task: string;
  /** Its name in `dist/`, without an ending. */
  readonly name: string;
}

/** Runs the task and copies its program to `folder`. */
async function compiled({ task, name }: Tool, folder: string): Promise<string> {
  await runDeno(["task", task], { cwd: ROOT });
  const file = Deno.build.os === "windows" ? `${name}.exe` : name;
  await Deno.copyFile(new URL(`dist/${file}`, ROOT), `${folder}/${file}`);
  return `${folder}/${file}`;
}

const reason = await obstacle();
const skipped = reason === undefined ? "" : ` (SKIPPED: ${reason})`;
const ignore = reason !== undefined;

Deno.test({
  name: `deno task compile makes an executable that relays${skipped}`,
  ignore,
  async fn() {
    await using folder = await temporaryFolder();
    const tool = { task: "compile", name: "moq-relay" };
    const program = await compiled(tool, folder.path);
    await using relay = await RelayProcess.start([program], {
      cwd: folder.path,
    });
    await using publisher = await relay.connect();
    await using subscriber = await relay.connect();
    await passGroup(publisher, subscriber);
    assert.equal(await relay.stop(), 0);
  },
});

Deno.test({
  name: `deno task compile:hang makes an executable of hang${skipped}`,
  ignore,
  async fn() {
    await using folder = await temporaryFolder();
    const tool = { task: "compile:hang", name: "hang" };
    const program = await compiled(tool, folder.path);
    await using relay = await RelayProcess.start(
      [...DENO_RUN, "relay/main.ts"],
      { cwd: ROOT },
    );
    await passClip([program], { cwd: folder.path, url: relay.url });
    assert.equal(await relay.stop(), 0);
  },
});
