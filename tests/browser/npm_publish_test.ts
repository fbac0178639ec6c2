/**
 * The element `moq-publish` from npm publishes a camera and a microphone, and
 * we receive them through our relay.
 *
 * @module
 */
import assert from "node:assert/strict";
import { consumeCatalog } from "@moq-deno/hang";
import { subscribeMedia, writeMedia } from "@moq-deno/hang/media";
import type { BroadcastConsumer, Session } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { bundle, PACKAGES } from "../interop/npm/bundle.ts";
import { freshRelay, urlOf } from "../interop/npm/exchange.ts";
import { ffmpegTest, output, probe } from "../media/tools.ts";
import { Chromium, findChromium } from "./chromium.ts";
import { html, script, Site } from "./site.ts";

const path = findChromium();
const PAGE = import.meta.resolve("../interop/npm/publish_page.js");
const ENTRY = `import "${PACKAGES.publish}"; import "${PAGE}";`;
const NAME = "camera";

/** The broadcast, once it is announced and has both a picture and sound. */
async function broadcastOf(session: Session): Promise<BroadcastConsumer> {
  for await (const { path } of session.announced()) {
    if (path === NAME) break;
  }
  const broadcast = session.consume(NAME);
  for await (const { video, audio } of consumeCatalog(broadcast)) {
    if (video?.renditions && audio?.renditions) return broadcast;
  }
  throw new Error("Expected a catalog with video and audio, got none");
}

/** Receives `broadcast` until two keyframes and more pictures than one group has are there. */
async function record(
  broadcast: BroadcastConsumer,
  file: Deno.FsFile,
): Promise<void> {
  const recorded = await subscribeMedia(broadcast);
  const written = writeMedia(recorded, file.writable);
  const counted = await subscribeMedia(broadcast);
  let keyframes = 0;
  let previousUs = -1;
  for await (const { timestampUs, isKeyframe } of counted.video!.samples()) {
    assert.ok(timestampUs > previousUs, "Timestamps must grow");
    previousUs = timestampUs;
    if (isKeyframe && ++keyframes === 2) break;
  }
  await counted.close();
  await recorded.close();
  const { videoFrames, audioFrames } = await written;
  assert.ok(videoFrames > 10, `${videoFrames} pictures`);
  assert.ok(audioFrames > 10, `${audioFrames} pieces of sound`);
}

/** How many different pictures, or pieces of sound, come out of `file`; a complaint of the decoder fails the test. */
async function countDecoded(file: string, kind: "v" | "a"): Promise<number> {
  const lines = await output("ffmpeg", [
    "-i",
    file,
    "-map",
    `0:${kind}`,
    // The times of a camera's pictures are not rounded to its frame rate.
    "-enc_time_base",
    "-1",
    "-f",
    "framemd5",
    "-",
  ]);
  return new Set(lines.match(/[0-9a-f]{32}/g)).size;
}

/** What was recorded decodes without complaint, to a picture that moves and sound that changes. */
async function checkFile(file: string): Promise<void> {
  const streams = await probe(file);
  assert.deepEqual(
    streams.map(({ codec_name }) => codec_name).sort(),
    ["h264", "opus"],
  );
  assert.ok(await countDecoded(file, "v") > 10);
  assert.ok(await countDecoded(file, "a") > 10);
}

const WAYS = [
  { name: "WebTransport", webSocket: false, before: "" },
  {
    name: "WebSocket, in a page without WebTransport",
    webSocket: true,
    before: "delete globalThis.WebTransport",
  },
];

async function publishAndRecord(
  executable: string,
  { webSocket, before }: { readonly webSocket: boolean; before: string },
): Promise<void> {
  await using site = new Site({
    "/": html(`<script type="module" src="publish.js"></script>`),
    "/publish.js": script(await bundle(ENTRY)),
  });
  await using chromium = await Chromium.launch(executable, [
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  ]);
  const relay = await freshRelay();
  const page = await chromium.page({ before });
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  try {
    const url = urlOf(relay);
    await page.goto(site.url);
    const what = JSON.stringify({ url, name: NAME, webSocket });
    await page.evaluate(`publish(${what})`);
    await using session = await connect(url, { role: "subscriber" });
    const broadcast = await broadcastOf(session);
    await record(broadcast, await Deno.open(file, { write: true }));
    await checkFile(file);
  } catch (cause) {
    throw new Error(page.console.join("\n"), { cause });
  } finally {
    await page.close();
    await relay.close();
    await Deno.remove(file);
  }
}

for (const { name, ...how } of path === undefined ? [] : WAYS) {
  ffmpegTest(
    `moq-publish in Chromium: its camera and microphone reach us over ${name}`,
    () => publishAndRecord(path!, how),
  );
}
