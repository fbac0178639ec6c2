import assert from "node:assert/strict";
import { serveLoopbackJsr } from "./loopback_jsr.ts";
import { passGroup } from "./pass.ts";
import { passClip } from "./pass_clip.ts";
import { DENO_RUN, DENO_RUN_HANG, ROOT, runDeno } from "./process.ts";
import { RelayProcess } from "./relay_process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

Deno.test("the packages publish to a registry and run from it in an empty folder", async () => {
  await using jsr = serveLoopbackJsr();
  await using folder = await temporaryFolder();
  const env = { JSR_URL: jsr.url };
  await runDeno(["publish", "--allow-dirty", "--token", "loopback"], {
    cwd: ROOT,
    env,
  });
  assert.deepEqual([...jsr.packages.keys()].sort(), [
    "@moq-deno/hang",
    "@moq-deno/lite",
    "@moq-deno/relay",
  ]);
  for (const [name, versions] of jsr.packages) {
    const files = [...versions.values()].flatMap((files) => [...files.keys()]);
    const tests = files.filter((file) => /_(test|bench)\.ts$/.test(file));
    assert.deepEqual(tests, [], `${name} is published with its tests`);
  }
  await using relay = await RelayProcess.start([
    ...DENO_RUN,
    "--no-lock",
    `--reload=${jsr.url}`, // the cache may have files from an earlier use of the port
    "jsr:@moq-deno/relay/main",
  ], { cwd: folder.path, env });
  await using publisher = await relay.connect();
  await using subscriber = await relay.connect();
  await passGroup(publisher, subscriber);
  const hang = [
    ...DENO_RUN_HANG,
    "--no-lock",
    "jsr:@moq-deno/hang/cli",
  ] as const;
  await passClip(hang, { cwd: folder.path, env, url: relay.url });
  assert.equal(await relay.stop(), 0);
});
