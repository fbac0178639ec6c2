/**
 * The commands of `hang` on a running broadcast: announcements, catalog, choosing and
 * writing renditions, chat.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Catalog } from "@moq-deno/hang";
import { startRelay } from "@moq-deno/relay/server";
import { Hang } from "./hang_process.ts";
import { ffmpegTest, generate, output, probe } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url);

ffmpegTest(
  "hang: several files are renditions of one broadcast",
  async () => {
    const folder = await Deno.makeTempDir();
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const where = ["--url", `http://127.0.0.1:${relay.httpAddresses[0]!.port}`];
    try {
      const h264 = ["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p"];
      await generate(`${folder}/hd.mp4`, [...h264, "-c:a", "aac"]);
      await generate(`${folder}/sd.mkv`, [
        ...h264,
        ...["-s", "80x46", "-c:a", "pcm_s16le"],
      ]);
      await using _publisher = new Hang([
        ...["publish", ...where, "--name", "room/film", "--loop"],
        ...[`${folder}/hd.mp4`, `${folder}/sd.mkv`],
      ]);
      await using listing = new Hang(["announced", ...where, "--name", "room"]);
      for await (const line of listing.lines()) {
        assert.equal(line, "+ room/film");
        break;
      }
      const film = [...where, "--name", "room/film"];
      await using hang = new Hang(["catalog", ...film]);
      await using msf = new Hang(["catalog", ...film, "--catalog", "msf"]);
      const catalog: Catalog = JSON.parse(await hang.result());
      assert.deepEqual(
        Object.entries(catalog.video!.renditions).map((
          [name, { codedWidth }],
        ) => [name, codedWidth]),
        [["video", 160], ["video2", 80]],
      );
      assert.deepEqual(
        Object.values(catalog.audio!.renditions).map(({ codec }) => codec),
        ["mp4a.40.2", "pcm"],
      );
      assert.deepEqual(
        Object.keys(JSON.parse(await msf.result()).video.renditions),
        ["video", "video2"],
      );

      await using small = new Hang([
        ...["subscribe", ...film, "--format", "mkv", "--seconds", "4"],
        ...["--video", "video2", "--audio", "audio2", `${folder}/copy.mkv`],
      ]);
      await using raw = new Hang([
        ...["subscribe", ...film, "--format", "raw", "--seconds", "4"],
        `${folder}/copy.h264`,
      ]);
      await Promise.all([small.result(), raw.result()]);
      const streams = await probe(`${folder}/copy.mkv`);
      assert.deepEqual(streams.map((one) => one.codec_name), [
        "h264",
        "pcm_f32le",
      ]);
      assert.ok(streams.every((one) => Number(one.nb_read_packets) > 10));
      for (const file of ["copy.mkv", "copy.h264"]) {
        const decode = [
          "-xerror",
          "-i",
          `${folder}/${file}`,
          "-f",
          "null",
          "-",
        ];
        await output("ffmpeg", decode);
      }
    } finally {
      await relay.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

ffmpegTest(
  "hang: --container cmaf passes ffmpeg's fragments through",
  async () => {
    const folder = await Deno.makeTempDir();
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const film = [
      ...["--url", `http://127.0.0.1:${relay.httpAddresses[0]!.port}`],
      ...["--name", "film"],
    ];
    try {
      await using publisher = new Hang([
        ...["publish", ...film, "--container", "cmaf", "-"],
      ]);
      const feeder = new Deno.Command("ffmpeg", {
        args: [
          ..."-v error -re -stream_loop -1 -i".split(" "),
          new URL("examples/demo/clip.mp4", ROOT).pathname,
          ..."-c copy -f mp4 -movflags".split(" "),
          "cmaf+separate_moof+delay_moov+skip_trailer+frag_every_frame",
          "-",
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const feeding = (async () => {
        for await (const chunk of feeder.stdout) await publisher.write(chunk);
      })();
      await using viewer = new Hang([
        ...["subscribe", ...film, "--seconds", "4", `${folder}/copy.mp4`],
      ]);
      await viewer.result();
      feeder.kill("SIGKILL");
      await Promise.all([feeding, feeder.status]);
      const streams = await probe(`${folder}/copy.mp4`);
      assert.deepEqual(streams.map((one) => one.codec_name), ["h264", "aac"]);
      assert.ok(streams.every((one) => Number(one.nb_read_packets) > 10));
    } finally {
      await relay.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("hang chat: members read each other, without control characters", async () => {
  const relay = await startRelay(["--listen", "127.0.0.1:0"]);
  const url = `http://127.0.0.1:${relay.httpAddresses[0]!.port}`;
  try {
    await using ada = new Hang(["chat", "--url", url, "--name", "lobby/ada"]);
    await using bob = new Hang(["chat", "--url", url, "--name", "lobby/bob"]);
    const message = new TextEncoder().encode("hi \u001b[2J there\n");
    const timer = setInterval(() => bob.write(message), 200);
    try {
      for await (const line of ada.lines()) {
        assert.equal(line, "bob: hi  [2J there");
        break;
      }
    } finally {
      clearInterval(timer);
    }
  } finally {
    await relay.close();
  }
});
