/**
 * HLS and recordings with the Rust command line: it serves our recorder's timeline and
 * groups as HLS, and reads our HLS server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Hang } from "../../media/hang_process.ts";
import { output, probe } from "../../media/tools.ts";
import { rustPrograms } from "./install.ts";
import { type RelayAddress, relayOf } from "./peers.ts";

// Starts and ends other programs.
const UNSANITIZED = { sanitizeOps: false, sanitizeResources: false };

const CLIP =
  new URL("../../../examples/demo/clip.mp4", import.meta.url).pathname;

/** The Rust command line on one broadcast; disposal ends it. */
async function moq(
  relay: RelayAddress,
  args: readonly string[],
): Promise<AsyncDisposable> {
  const child = new Deno.Command(`${await rustPrograms()}/moq`, {
    args: ["--connect", `http://${relay.host}/`, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has already exited.
      }
      await child.status;
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The text at `url` once it matches. */
async function until(url: string, pattern: RegExp): Promise<string> {
  const deadline = performance.now() + 60_000;
  let last = "nothing";
  while (performance.now() < deadline) {
    try {
      last = await (await fetch(url)).text();
      if (pattern.test(last)) return last;
    } catch (error) {
      last = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail(`Expected ${pattern} at ${url}, got ${last}`);
}

/** Pictures and sound packets in six seconds of a playlist, or of what follows its beginning. */
async function sixSeconds(url: string): Promise<number[]> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/copy.mp4`;
    await new Deno.Command("ffmpeg", {
      args: ["-v", "quiet", "-i", url, "-t", "6", "-c", "copy", file],
      stdin: "null",
    }).output();
    const decode = ["-xerror", "-i", file, "-f", "null", "-"];
    await output("ffmpeg", decode);
    return (await probe(file)).map((one) => Number(one.nb_read_packets));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "interop: moq export hls serves the DVR of hang record --dvr",
  ...UNSANITIZED,
  async fn() {
    const folder = await Deno.makeTempDir();
    await using relay = await relayOf("deno");
    const at = (name: string) => [
      ...["--url", `http://${relay.host}`, "--name", name],
    ];
    try {
      await using _publisher = new Hang([
        ...["publish", ...at("film"), "--loop", CLIP],
      ]);
      await using _recorder = new Hang([
        ...["record", ...at("film"), "--dvr", "film/past", `${folder}/film`],
      ]);
      const port = freePort();
      await using _server = await moq(relay, [
        ...["--broadcast", "film/past", "export", "hls"],
        ...["--listen", `127.0.0.1:${port}`],
      ]);
      const base = `http://127.0.0.1:${port}/film/past`;
      await until(
        `${base}/video/video/media.m3u8`,
        /#EXTINF:2\.\d+,\nseg\/3\.m4s/,
      );
      const [pictures, sounds] = await sixSeconds(`${base}/master.m3u8`);
      assert.ok(pictures! >= 175 && pictures! <= 185, `${pictures} pictures`);
      assert.ok(sounds! >= 250, `${sounds} sound packets`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "interop: moq import hls reads what hang serve-hls serves",
  ...UNSANITIZED,
  async fn() {
    const folder = await Deno.makeTempDir();
    await using relay = await relayOf("deno");
    const at = (name: string) => [
      ...["--url", `http://${relay.host}`, "--name", name],
    ];
    try {
      await using _publisher = new Hang([
        ...["publish", ...at("film"), "--loop", CLIP],
      ]);
      await using server = new Hang([
        ...["serve-hls", ...at("film"), "--listen", "127.0.0.1:0"],
      ]);
      const lines = server.lines()[Symbol.asyncIterator]();
      const { value: master } = await lines.next();
      await until(
        master.replace("master", "video/video/media"),
        /#EXTINF[^]*#EXTINF/,
      );
      await using _import = await moq(relay, [
        ...["--broadcast", "copy.hang", "import", "hls", master],
      ]);
      // Their catalog lists a rendition once its playlist has been read.
      await using catalogs = new Hang([
        ...["catalog", ...at("copy.hang"), "--follow", "--seconds", "30"],
      ]);
      let said = "";
      for await (const line of catalogs.lines()) {
        said += line;
        if (/"audio": \{[^]*mp4a/.test(said) && /avc[13]/.test(said)) break;
      }
      const file = `${folder}/copy.mp4`;
      await using viewer = new Hang([
        ...["subscribe", ...at("copy.hang"), "--seconds", "15", file],
      ]);
      await viewer.result();
      const streams = await probe(file);
      assert.deepEqual(
        streams.map((one) => one.codec_name).sort(),
        ["aac", "h264"],
      );
      for (const { codec_name: codec, nb_read_packets: count } of streams) {
        assert.ok(Number(count) > 60, `${count} packets of ${codec}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
