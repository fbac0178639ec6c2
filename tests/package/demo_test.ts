import assert from "node:assert/strict";
import { BroadcastProducer } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { openMedia } from "@moq-deno/hang/media";
import { demo, whenUp } from "./demo_process.ts";
import { temporaryFolder } from "./temporary_folder.ts";

// Longer than the silence after which the demo's own sessions end.
const SUSPENSION_MS = 8_000;
const MEASURES = /^groups \d+ /m;

Deno.test("demo: measures again after another publisher took its name", async () => {
  await using program = demo(24_100);
  const { relay, page } = await whenUp(program, MEASURES);
  const intruder = await connect(relay, { role: "publisher" });
  const broadcast = new BroadcastProducer();
  broadcast.createTrack("nothing");
  intruder.publish("demo", broadcast);
  await program.prints(/^another publisher has taken "demo"/m);
  intruder.close();
  await intruder.closed;
  await program.prints(/^measuring again "demo" [^]*\ngroups \d+ /m);
  assert.equal((await (await fetch(page)).text()).includes("moq-deno"), true);
  assert.equal(await program.stop("SIGINT"), 0);
});

Deno.test("demo: measures again after it was suspended for 8 s", async () => {
  await using program = demo(24_300);
  const { page } = await whenUp(program, MEASURES);
  Deno.kill(program.pid, "SIGSTOP");
  const signal = AbortSignal.timeout(SUSPENSION_MS);
  await assert.rejects(fetch(page, { signal }), { name: "TimeoutError" });
  Deno.kill(program.pid, "SIGCONT");
  await program.prints(/measuring again "demo" [^]*\ngroups \d+ /);
  assert.equal(await program.stop("SIGINT"), 0);
});

Deno.test("demo: --out writes what came and ends by itself", async () => {
  await using folder = await temporaryFolder();
  const out = `${folder.path}/received.mp4`;
  await using program = demo(24_500, "--seconds=3", `--out=${out}`);
  const [, pictures] = await program.prints(/received\.mp4: (\d+) pictures/);
  assert.ok(Number(pictures) > 30, `${pictures} pictures`);
  const media = await openMedia(await Deno.readFile(out));
  assert.deepEqual(media.tracks.map(({ kind }) => kind), ["video", "audio"]);
  media.close();
});
