/**
 * A recording as HLS: all of it, sample by sample, with a discontinuity for each new
 * publisher.
 *
 * @module
 */
import assert from "node:assert/strict";
import { HlsServer, RecordedHls } from "@moq-deno/hang/hls";
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { MemoryStore, Recorder, Recording } from "@moq-deno/hang/record";
import { BroadcastProducer } from "@moq-deno/lite";
import { FastClock } from "./fast_clock.ts";
import { digests, saveHls } from "./hls_files.ts";
import { ffmpegTest, generate, probe } from "./tools.ts";

/** Records a file that is published as fast as possible. */
async function record(store: MemoryStore, file: string): Promise<void> {
  const media = await openMedia(await Deno.readFile(file));
  const broadcast = new BroadcastProducer();
  const recorder = new Recorder({ store, name: "film" });
  const { signal } = new AbortController();
  const publication = publishMedia(broadcast, media, {
    clock: new FastClock(),
  });
  const running = recorder.run(broadcast.consume(), { signal });
  await publication.closed;
  await running;
  recorder.close();
  broadcast.close();
  media.close();
}

ffmpegTest(
  "RecordedHls: a recording is a VOD playlist with every sample",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/source.mp4`;
      const codecs = "-c:v libx264 -g 10 -bf 2 -pix_fmt yuv420p -c:a aac";
      await generate(file, codecs.split(" "));
      const store = new MemoryStore();
      await record(store, file);
      const server = new HlsServer(new RecordedHls(Recording.open(store)));
      const master = await saveHls(server, folder);
      for (const kind of ["v", "a"] as const) {
        assert.deepEqual(
          await digests(master, kind),
          await digests(file, kind),
        );
      }
      const video = await Deno.readTextFile(
        `${folder}/video/video/media.m3u8`,
      );
      assert.match(video, /#EXT-X-PLAYLIST-TYPE:VOD/);
      assert.match(video, /#EXT-X-TARGETDURATION:2\n/);
      assert.match(video, /#EXT-X-ENDLIST\n$/);
      assert.ok(!video.includes("DISCONTINUITY"), video);
      const seconds = [...video.matchAll(/#EXTINF:([\d.]+)/g)]
        .map(([, seconds]) => Number(seconds));
      assert.deepEqual(seconds, [2]);

      // Another publisher, and a group that was damaged on disk.
      await record(store, file);
      const recording = Recording.open(store);
      const [first] = recording.tracks.get("video")!.log.entries;
      store.bytes.get("0.groups")!.fill(0xff, 20, first!.length);
      const warnings: string[] = [];
      const log = {
        warn: (_: string, fields?: Readonly<Record<string, unknown>>) => {
          warnings.push(String(fields?.error));
        },
      };
      const damaged = new RecordedHls(recording, { log });
      const again = await saveHls(new HlsServer(damaged), folder);
      const text = await Deno.readTextFile(`${folder}/video/video/media.m3u8`);
      assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1, text);
      const streams = await probe(again);
      const picture = streams.find((one) => one.codec_name === "h264");
      assert.equal(picture!.nb_read_packets, "90", "ten of 100 are damaged");
      assert.match(warnings[0]!, /^group 0: /);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
