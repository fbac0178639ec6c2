/**
 * Recorded, killed, fetched, replayed and exported.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BroadcastProducer, MoqError } from "@moq-deno/lite";
import { connect } from "@moq-deno/lite/deno";
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { type RunningRelay, startRelay } from "@moq-deno/relay/server";
import { decodeEntries } from "../../hang/cli/record/group_log.ts";
import { Recording } from "../../hang/cli/record/recording.ts";
import { Hang } from "./hang_process.ts";
import { ffmpegTest, output, probe } from "./tools.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "it took longer than 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function groupsIn(folder: string): number {
  try {
    const { size } = Deno.statSync(`${folder}/0.groups`);
    return decodeEntries(Deno.readFileSync(`${folder}/0.index`), size).length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

async function connectTo(relay: RunningRelay) {
  return await connect(`moqt://127.0.0.1:${relay.addresses[0]!.port}/`, {
    certificateHashes: [Uint8Array.fromHex(relay.fingerprint)],
  });
}

ffmpegTest(
  "hang record: its groups can be fetched through the relay meanwhile, survive kill -9, play again and become a file",
  async () => {
    const folder = await Deno.makeTempDir();
    const recording = `${folder}/recording`;
    const relay = await startRelay(["--listen", "127.0.0.1:0"]);
    const where = ["--url", `http://127.0.0.1:${relay.httpAddresses[0]!.port}`];
    const film = [...where, "--name", "film"];
    const media = await openMedia(await Deno.readFile(CLIP));
    const broadcast = new BroadcastProducer();
    try {
      await using session = await connectTo(relay);
      const publication = publishMedia(broadcast, media, { loop: true });
      session.publish("film", broadcast);
      await using recorder = new Hang([
        ...["record", ...film, "--dvr", "film/past", recording],
      ]);
      await until(() => groupsIn(recording) >= 3);

      // What the recorder has on disk, somebody else gets from it through the relay.
      await using viewer = await connectTo(relay);
      for await (const { path } of viewer.announced("film/past")) {
        if (path === "") break;
      }
      const video = viewer.consume("film/past").track("video");
      const index = await Deno.readFile(`${recording}/0.index`);
      const [, entry] = decodeEntries(index, Infinity);
      const group = await video.fetch(entry!.sequence);
      const frames = await Array.fromAsync(group.frames());
      assert.ok(frames.length >= 20);
      await assert.rejects(
        async () => await Array.fromAsync((await video.fetch(9999)).frames()),
        MoqError,
      );

      await recorder.kill();
      publication.close();
      await publication.closed;
      broadcast.close();

      using kept = Recording.open(recording);
      const log = kept.tracks.get("video")!;
      assert.ok(log.entries.length >= 3);
      assert.deepEqual(kept.missing(), []);
      assert.equal(
        Buffer.compare(
          log.read(entry!),
          group.group.log.slice(0, group.group.log.length),
        ),
        0,
      );

      const exported = `${folder}/film.mp4`;
      await using exporter = new Hang(["export", recording, exported]);
      await exporter.result();
      const [picture, sound] = await probe(exported);
      const pictures = log.entries.length * 30;
      assert.ok(Math.abs(Number(picture!.nb_read_packets) - pictures) <= 30);
      assert.ok(Number(sound!.nb_read_packets) > 60);
      const decode = ["-xerror", "-i", exported, "-f", "null", "-"];
      await output("ffmpeg", decode);

      const again = [...where, "--name", "again"];
      await using _replay = new Hang(["replay", ...again, recording]);
      const copy = `${folder}/copy.mp4`;
      await using copying = new Hang([
        ...["subscribe", ...again, "--seconds", "20", copy],
      ]);
      await copying.result();
      const [replayed] = await probe(copy);
      assert.equal(replayed!.nb_read_packets, picture!.nb_read_packets);
    } finally {
      media.close();
      await relay.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
