/**
 * HLS on the command line: ffmpeg's live HLS in, through a relay, out as HLS, and in
 * again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startRelay } from "@moq-deno/relay/server";
import { Hang } from "./hang_process.ts";
import { ffmpegTest, output, probe } from "./tools.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url).pathname;

/** Serves the files of a folder over HTTP. */
function serveFolder(folder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      try {
        return new Response(await Deno.readFile(`${folder}${pathname}`));
      } catch {
        return new Response("No such file", { status: 404 });
      }
    },
  );
}

async function untilExists(path: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    try {
      await Deno.stat(path);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assert.fail(`Expected ${path} within 30 s`);
}

ffmpegTest(
  "hang publish and serve-hls: live HLS in, out, and in again",
  async () => {
    const folder = await Deno.makeTempDir();
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const where = ["--url", `http://127.0.0.1:${relay.httpAddresses[0]!.port}`];
    await using web = serveFolder(folder);
    const ffmpeg = new Deno.Command("ffmpeg", {
      args: [
        ..."-v error -re -stream_loop -1 -i".split(" "),
        CLIP,
        ..."-c copy -f hls -hls_time 1 -hls_list_size 6".split(" "),
        ..."-hls_flags delete_segments -hls_segment_type mpegts".split(" "),
        `${folder}/live.m3u8`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await untilExists(`${folder}/live.m3u8`);
      await using _first = new Hang([
        ...["publish", ...where, "--name", "one"],
        `http://127.0.0.1:${web.addr.port}/live.m3u8`,
      ]);
      await using server = new Hang([
        ...["serve-hls", ...where, "--name", "one"],
        ...["--listen", "127.0.0.1:0"],
      ]);
      let master = "";
      for await (const line of server.lines()) {
        master = line;
        break;
      }
      await using _second = new Hang([
        ...["publish", ...where, "--name", "two", master],
      ]);
      const copy = `${folder}/copy.mp4`;
      await using viewer = new Hang([
        ...["subscribe", ...where, "--name", "two", "--seconds", "25", copy],
      ]);
      await viewer.result();
      const streams = await probe(copy);
      assert.deepEqual(streams.map((one) => one.codec_name), ["h264", "aac"]);
      const [pictures, sounds] = streams.map((one) =>
        Number(one.nb_read_packets)
      );
      assert.ok(pictures! >= 60, `${pictures} pictures`);
      assert.ok(sounds! >= 90, `${sounds} sound packets`);
      await output("ffmpeg", ["-xerror", "-i", copy, "-f", "null", "-"]);
    } finally {
      ffmpeg.kill("SIGKILL");
      await ffmpeg.status;
      await relay.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
