/**
 * The scripts of `examples/gstreamer` with common plugins: VP8 and Opus out of
 * GStreamer and into it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startRelay } from "@moq-deno/relay/server";
import { ROOT } from "../package/process.ts";
import { Hang } from "./hang_process.ts";
import { generate, probe, toolTest } from "./tools.ts";

const TOOLS = ["ffmpeg", "ffprobe", "gst-launch-1.0"];
const PICTURE = [
  ..."videotestsrc is-live=true num-buffers=210".split(" "),
  ..."! video/x-raw,width=160,height=90,framerate=30/1".split(" "),
  ..."! vp8enc deadline=1 keyframe-max-dist=15 ! mux.".split(" "),
];
const TONE = [
  ..."audiotestsrc is-live=true num-buffers=328".split(" "),
  ..."! audio/x-raw,rate=48000,channels=2 ! opusenc ! mux.".split(" "),
];
const FRAME_BYTES = 160 * 90 * 1.5;

/** Runs a script to its end. */
async function script(name: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(
    new URL(`examples/gstreamer/${name}`, ROOT).pathname,
    { args: [...args], stdin: "null", stdout: "piped", stderr: "piped" },
  ).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

async function withRelay(
  run: (where: { url: string; folder: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const { port } = relay.httpAddresses[0]!;
  try {
    await run({ url: `http://127.0.0.1:${port}`, folder });
  } finally {
    await relay.close();
    await Deno.remove(folder, { recursive: true });
  }
}

toolTest(
  "moqsink.sh: publishes a GStreamer pipeline",
  TOOLS,
  () =>
    withRelay(async ({ url, folder }) => {
      const file = `${folder}/copy.mp4`;
      const where = ["--url", url, "--name", "live/gst"];
      await using viewer = new Hang(["subscribe", ...where, file]);
      await script("moqsink.sh", [
        ...[`url=${url}`, "broadcast=live/gst", ...PICTURE, ...TONE],
      ]);
      await viewer.result();
      const streams = Object.fromEntries((await probe(file)).map((one) => [
        one.codec_name,
        Number(one.nb_read_packets),
      ]));
      assert.deepEqual(Object.keys(streams), ["vp8", "opus"]);
      assert.ok(streams.vp8! > 100, `${streams.vp8} pictures`);
      assert.ok(streams.opus! > 150, `${streams.opus} sound packets`);
    }),
);

toolTest(
  "moqsrc.sh: plays a broadcast in a GStreamer pipeline",
  TOOLS,
  () =>
    withRelay(async ({ url, folder }) => {
      const source = `${folder}/source.webm`;
      await generate(source, [
        ..."-c:v libvpx -deadline realtime -g 25 -c:a libopus".split(" "),
      ]);
      const where = ["--url", url, "--name", "film"];
      await using _publisher = new Hang([
        ...["publish", ...where, "--loop", "--seconds", "8", source],
      ]);
      const https = url.replace("http:", "https:");
      await script("moqsrc.sh", [
        ...[`url=${https}`, "name=film", "tls-disable-verify=true"],
        ..."src.video_0 ! queue ! vp8dec ! videoconvert".split(" "),
        ..."! video/x-raw,format=I420 ! filesink".split(" "),
        `location=${folder}/video.yuv`,
        ..."src.audio_0 ! queue ! opusdec ! wavenc ! filesink".split(" "),
        `location=${folder}/audio.wav`,
      ]);
      const { size } = await Deno.stat(`${folder}/video.yuv`);
      assert.equal(size % FRAME_BYTES, 0);
      assert.ok(size / FRAME_BYTES > 50, `${size / FRAME_BYTES} pictures`);
      const [sound] = await probe(`${folder}/audio.wav`);
      assert.equal(sound!.codec_name, "pcm_s16le");
    }),
);
