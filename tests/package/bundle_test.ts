import assert from "node:assert/strict";
import { passGroup, passMedia } from "./pass.ts";
import { DENO_RUN, ROOT, runDeno } from "./process.ts";
import { RelayProcess } from "./relay_process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

Deno.test("deno task bundle makes one file that relays media by itself", async () => {
  await using folder = await temporaryFolder();
  await runDeno(["task", "bundle"], { cwd: ROOT });
  const bundle = new URL("dist/moq-relay.js", ROOT);
  await Deno.copyFile(bundle, `${folder.path}/moq-relay.js`);
  await using relay = await RelayProcess.start([
    ...DENO_RUN,
    "--no-config",
    "--no-remote",
    "--no-npm",
    "moq-relay.js",
  ], { cwd: folder.path });
  await using publisher = await relay.connect();
  await using subscriber = await relay.connect();
  await passGroup(publisher, subscriber);
  await passMedia(publisher, subscriber);
  assert.equal(await relay.stop(), 0);
});
