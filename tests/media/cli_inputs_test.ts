/**
 * The inputs of `hang publish`: every format that encoders write to standard output, a
 * relay that restarts, and a stream from OBS.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startRelay } from "@moq-deno/relay/server";
import { DENO_RUN, Program, ROOT } from "../package/process.ts";
import { Feeder } from "./feeder.ts";
import { Hang } from "./hang_process.ts";
import { ffmpegTest, probe } from "./tools.ts";

const CLIP = new URL("examples/demo/clip.mp4", ROOT).pathname;
const LIVE =
  "-re -f lavfi -i testsrc2=size=160x90:rate=30 -re -f lavfi -i sine=sample_rate=48000 -ac 2";
const H264 =
  "-c:v libx264 -preset ultrafast -tune zerolatency -g 15 -pix_fmt yuv420p";

// Half a second of picture each, or a tenth of sound.
const SOME_GROUPS = /groups (?:1[5-9]|[2-9]\d|\d{3})/;
const FRAGMENTED = "empty_moov+frag_keyframe+default_base_moof";

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** ffmpeg in place of OBS: retries until something listens. */
class Obs implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(url: string) {
    this.#running = this.#run(url);
  }

  async #run(url: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await new Deno.Command("ffmpeg", {
        args: `-v error ${LIVE} ${H264} -c:a aac -f flv ${url}`.split(" "),
        signal: this.#stop.signal,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).output();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** What a viewer receives of the broadcast in some seconds: packets by codec. */
async function watch(
  broadcast: readonly string[],
  options: readonly string[] = [],
): Promise<Record<string, number>> {
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  try {
    await using viewer = new Hang([
      ...["subscribe", ...broadcast, ...options, file],
    ]);
    await viewer.says(SOME_GROUPS);
    await viewer.stop();
    return Object.fromEntries((await probe(file)).map((stream) => [
      stream.codec_name,
      Number(stream.nb_read_packets),
    ]));
  } finally {
    await Deno.remove(file);
  }
}

/** A relay, and the arguments for a broadcast on it. */
async function withRelay(
  run: (broadcast: readonly string[]) => Promise<void>,
): Promise<void> {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const url = `http://127.0.0.1:${relay.httpAddresses[0]!.port}`;
  try {
    await run(["--url", url, "--name", "live/pipe"]);
  } finally {
    await relay.close();
  }
}

function assertPackets(
  packets: Readonly<Record<string, number>>,
  codecs: readonly string[],
): void {
  assert.deepEqual(Object.keys(packets), codecs);
  for (const [codec, count] of Object.entries(packets)) {
    assert.ok(count > 5, `${count} packets of ${codec}`);
  }
}

interface Pipe {
  readonly name: string;
  readonly ffmpeg: string;
  readonly options?: readonly string[];
  readonly codecs: readonly string[];
}

const PIPES: readonly Pipe[] = [
  {
    name: "MPEG-TS",
    ffmpeg: `${LIVE} ${H264} -c:a aac -f mpegts -pes_payload_size 0`,
    codecs: ["h264", "aac"],
  },
  {
    name: "Matroska",
    ffmpeg:
      `${LIVE} ${H264} -c:a libopus -f matroska -cluster_time_limit 100 -live 1`,
    codecs: ["h264", "opus"],
  },
  {
    name: "WebM",
    ffmpeg:
      `${LIVE} -c:v libvpx -deadline realtime -cpu-used 8 -g 15 -c:a libopus -f webm -cluster_time_limit 100 -live 1`,
    codecs: ["vp8", "opus"],
  },
  {
    name: "plain H.264",
    ffmpeg: `${LIVE} -map 0:v ${H264} -f h264`,
    options: ["--h264", "30"],
    codecs: ["h264"],
  },
];

for (const { name, ffmpeg, options = [], codecs } of PIPES) {
  ffmpegTest(
    `hang publish: ${name} from a pipe of ffmpeg, live`,
    () =>
      withRelay(async (broadcast) => {
        await using publisher = new Hang([
          ...["publish", ...broadcast, ...options, "-"],
        ]);
        await using _feeder = new Feeder(ffmpeg, publisher);
        assertPackets(await watch(broadcast), codecs);
      }),
  );
}

ffmpegTest(
  "hang publish: RTMP from OBS, piped by ffmpeg",
  () =>
    withRelay(async (broadcast) => {
      const url = `rtmp://127.0.0.1:${freePort()}/live/key`;
      await using publisher = new Hang(["publish", ...broadcast, "-"]);
      await using _server = new Feeder(
        `-listen 1 -i ${url} -c copy -f mp4 -movflags ${FRAGMENTED}`,
        publisher,
      );
      await using _obs = new Obs(url);
      assertPackets(await watch(broadcast), ["h264", "aac"]);
    }),
);

ffmpegTest(
  "hang publish: a viewer gets the end and a complete file",
  () =>
    withRelay(async (broadcast) => {
      const copy = await Deno.makeTempFile({ suffix: ".mp4" });
      await using viewer = new Hang(["subscribe", ...broadcast, copy]);
      await viewer.says(/waiting for/);
      await using publisher = new Hang(["publish", ...broadcast, CLIP]);
      await publisher.result();
      await viewer.result();
      const pictures = Number((await probe(copy))[0]!.nb_read_packets);
      // Ten groups of thirty, starting with the newest when the viewer connected.
      assert.ok(pictures > 0 && pictures % 30 === 0, `${pictures} pictures`);
      await Deno.remove(copy);
    }),
);

/** A relay in a process, on a port that its successor reuses. */
async function startOn(port: number): Promise<Program> {
  const relay = new Program(
    [...DENO_RUN, "relay/main.ts", "--listen", `127.0.0.1:${port}`],
    { cwd: ROOT },
  );
  await relay.prints(/^ *listening +127\.0\.0\.1:\d+/m);
  return relay;
}

ffmpegTest(
  "hang publish: continues when the relay restarts",
  async () => {
    const port = freePort();
    const broadcast = ["--url", `http://127.0.0.1:${port}`, "--name", "film"];
    await using first = await startOn(port);
    await using _publisher = new Hang([
      ...["publish", ...broadcast, "--loop", CLIP],
    ]);
    assertPackets(await watch(broadcast), ["h264", "aac"]);
    await first.stop("SIGTERM");
    await using _second = await startOn(port);
    assertPackets(await watch(broadcast, ["--latency", "200"]), [
      "h264",
      "aac",
    ]);
  },
);

for (const options of [[], ["--container", "cmaf"], ["--h264", "30"]]) {
  const title = ["publish", ...options].join(" ");
  Deno.test(`hang ${title}: ends at a signal while its pipe is silent`, async () => {
    const url = `http://127.0.0.1:${freePort()}`;
    await using publisher = new Hang([
      ...["publish", "--url", url, "--name", "pipe", ...options, "-"],
    ]);
    await publisher.says(/reading standard input/);
    await publisher.stop();
  });
}

Deno.test("hang subscribe: ends at a signal while its output is not read", () =>
  withRelay(async (broadcast) => {
    await using _publisher = new Hang([
      "publish",
      ...broadcast,
      "--loop",
      CLIP,
    ]);
    await using viewer = new Hang(["subscribe", ...broadcast, "-"]);
    // More than a pipe holds.
    await viewer.says(/groups (?:[5-9]\d|\d{3})/);
    await viewer.stopUnread();
  }));
