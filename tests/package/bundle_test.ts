import assert from "node:assert/strict";
import { passGroup, passMedia } from "./pass.ts";
import { passClip } from "./pass_clip.ts";
import { DENO_RUN, DENO_RUN_HANG, ROOT, runDeno } from "./process.ts";
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

Deno.test("deno task bundle:hang makes one file that publishes and reads media", async () => {
  await using folder = await temporaryFolder();
  await runDeno(["task", "bundle:hang"], { cwd: ROOT });
  await Deno.copyFile(
    new URL("dist/hang.js", ROOT),
    `${folder.path}/hang.js`,
  );
  await using relay = await RelayProcess.start(
    [...DENO_RUN, "relay/main.ts"],
    { cwd: ROOT },
  );
  const hang = [
    ...DENO_RUN_HANG,
    "--no-config",
    "--no-remote",
    "--no-npm",
    "hang.js",
  ] as const;
  await passClip(hang, { cwd: folder.path, url: relay.url });
  assert.equal(await relay.stop(), 0);
});
