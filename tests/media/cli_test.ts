/**
 * `hang publish` and `hang subscribe` as people run them, with ffmpeg at the other end
 * of the pipe.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startRelay } from "@moq-deno/relay/server";
import { ffmpegTest, probe } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url);
const CLIP = new URL("examples/demo/clip.mp4", ROOT).pathname;
const LIVE_INPUT =
  "-re -f lavfi -i testsrc2=size=320x180:rate=30 -re -f lavfi -i sine=frequency=440:sample_rate=48000";
const LIVE_ENCODE =
  "-c:v libx264 -preset ultrafast -tune zerolatency -g 30 -pix_fmt yuv420p -c:a aac -ac 2";
const TO_PIPE = "-f mp4 -movflags empty_moov+frag_keyframe+default_base_moof";

interface Publishing {
  /** Arguments of `hang publish` after the URL. */
  readonly args: readonly string[];
  /** ffmpeg's arguments if it feeds the publisher. */
  readonly ffmpeg?: string;
}

function hang(args: readonly string[], stdin: "null" | "piped" = "null") {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "hang/cli/main.ts", ...args],
    cwd: ROOT,
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function publishAndReceive(
  { args, ffmpeg }: Publishing,
): Promise<{ said: string; streams: Record<string, number> }> {
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const [{ port } = { port: 0 }] = relay.httpAddresses;
  const where = ["--url", `http://127.0.0.1:${port}/`, "--name", "live/test"];
  try {
    const publisher = hang(
      ["publish", ...where, ...args],
      ffmpeg === undefined ? "null" : "piped",
    );
    const feeder = ffmpeg === undefined ? undefined : new Deno.Command(
      "ffmpeg",
      {
        args: ["-v", "error", ...ffmpeg.split(" "), "-"],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      },
    ).spawn();
    const feeding = feeder?.stdout.pipeTo(publisher.stdin)
      .catch(() => {}); // The publisher ends first, and the pipe with it.
    const viewer = hang(["subscribe", ...where, "--seconds", "3", file]);
    const watched = await viewer.output();
    const said = new TextDecoder().decode(watched.stderr);
    assert.equal(watched.code, 0, said);
    publisher.kill("SIGTERM");
    feeder?.kill("SIGTERM");
    const published = await publisher.output();
    const progress = new TextDecoder().decode(published.stderr);
    assert.equal(published.code, 0, progress);
    await Promise.all([feeding, feeder?.status]);
    const streams = Object.fromEntries((await probe(file)).map((stream) => [
      stream.codec_name,
      Number(stream.nb_read_packets),
    ]));
    return { said: said + progress, streams };
  } finally {
    await relay.close();
    await Deno.remove(file);
  }
}

ffmpegTest("hang: a file in a loop is received as a file", async () => {
  const { said, streams } = await publishAndReceive({
    args: ["--loop", CLIP],
  });
  assert.ok(streams.h264! >= 60, `Expected 60 pictures, got ${streams.h264}`);
  assert.ok(streams.aac! >= 90, `Expected 90 pieces, got ${streams.aac}`);
  assert.match(said, /^watch: hang subscribe --url .* --name live\/test - /m);
  assert.match(said, /time 1\.\d s {2}\d+ kbit\/s {2}subscriptions \d/);
});

ffmpegTest("hang: a file that ffmpeg sends in real time", async () => {
  const { streams } = await publishAndReceive({
    args: ["-"],
    ffmpeg: `-re -stream_loop -1 -i ${CLIP} -c copy ${TO_PIPE}`,
  });
  assert.ok(streams.h264! >= 15, `Expected 15 pictures, got ${streams.h264}`);
});

ffmpegTest("hang: a test source encoded live", async () => {
  const { streams } = await publishAndReceive({
    args: ["-"],
    ffmpeg: `${LIVE_INPUT} ${LIVE_ENCODE} ${TO_PIPE}`,
  });
  assert.ok(streams.h264! >= 15, `Expected 15 pictures, got ${streams.h264}`);
  assert.ok(streams.aac! >= 20, `Expected 20 pieces, got ${streams.aac}`);
});

Deno.test("hang: an error is one line and exit code 1", async () => {
  const bad = await Deno.makeTempFile({ suffix: ".mp4" });
  await Deno.writeTextFile(bad, "not media at all, whatever its name says");
  const nowhere = ["--url", "moqt://127.0.0.1:1", "--name", "x"];
  const cases = [
    [[], /Expected the command publish, .*, got none/],
    [["publish"], /Expected --url, got none/],
    [["publish", "--url", "x:"], /Expected --url with moqt:/],
    [["chat", ...nowhere, "--loop"], /an option of chat, got --loop/],
    [["subscribe", ...nowhere, "--format", "avi"], /mp4, mkv, raw, got "avi"/],
    [
      ["publish", ...nowhere, "--form", "2025", "--container", "loc"],
      /--container legacy with --form 2025, .*, got loc/,
    ],
    [["publish", ...nowhere, bad], /Expected .*MP4/],
    [["publish", ...nowhere, "/does/not/exist.mp4"], /No such file/],
    [
      ["transcode", ...nowhere],
      /Unknown command transcode: see --help/,
    ],
    [["constructor"], /Unknown command constructor: see --help/],
    [["export", "/does/not/exist"], /Expected a recording in .*No such file/],
    [["publish", ...nowhere, "--bitrate", "1"], /--bitrate/],
  ] as const;
  try {
    for (const [args, expected] of cases) {
      const { code, stderr } = await hang(args).output();
      const said = new TextDecoder().decode(stderr);
      assert.equal(code, 1, said);
      assert.match(said, /^hang: [^\n]+\n$/);
      assert.match(said, expected);
    }
  } finally {
    await Deno.remove(bad);
  }
});
