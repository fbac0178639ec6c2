/**
 * A broadcast as HLS, read by ffmpeg: every codec of segments, one publisher after
 * another, and no viewers.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  HlsServer,
  LiveBroadcast,
  type PublisherEvent,
} from "@moq-deno/hang/hls";
import { openMedia, publishMedia } from "@moq-deno/hang/media";
import { BroadcastProducer } from "@moq-deno/lite";
import { Latch } from "@moq-deno/lite/internal";
import { VirtualClock } from "@moq-deno/lite/testing";
import { digests, HLS_ORIGIN, saveHls } from "./hls_files.ts";
import { ffmpegTest, generate, output, probe } from "./tools.ts";

/** Publishers that the test adds. */
class Publishers implements AsyncIterable<PublisherEvent> {
  readonly #events: (PublisherEvent | undefined)[] = [];
  readonly #latch = new Latch();

  next(event: PublisherEvent | undefined): void {
    this.#events.push(event);
    this.#latch.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PublisherEvent, void> {
    for (;;) {
      while (this.#events.length === 0) await this.#latch.changed();
      const event = this.#events.shift();
      if (!event) return;
      yield event;
    }
  }
}

/** A broadcast, its HLS server and their clock, which the test advances. */
class Scene {
  readonly clock = new VirtualClock();
  readonly warnings: string[] = [];
  readonly live = new LiveBroadcast({
    clock: this.clock,
    log: { warn: (_, fields) => this.warnings.push(String(fields?.error)) },
  });
  readonly server = new HlsServer(this.live, { clock: this.clock });
  readonly publishers = new Publishers();
  readonly running = this.live.run(this.publishers);

  async get(path: string): Promise<Response> {
    const answer = this.server.answer(new Request(`${HLS_ORIGIN}/${path}`));
    return await this.clock.run(answer);
  }

  async text(path: string): Promise<string> {
    const response = await this.get(path);
    assert.equal(response.status, 200, await response.clone().text());
    return await response.text();
  }

  /** Publishes a file from beginning to end to subscribers of the named tracks. */
  async publish(file: string, watched: readonly string[]): Promise<void> {
    const media = await openMedia(await Deno.readFile(file));
    const broadcast = new BroadcastProducer();
    const publication = publishMedia(broadcast, media, { clock: this.clock });
    this.publishers.next({ kind: "start", broadcast: broadcast.consume() });
    await this.text("master.m3u8");
    const playlists = watched.map((path) => this.text(path));
    await this.clock.run(publication.closed);
    this.publishers.next({ kind: "end" });
    await Promise.all(playlists);
    broadcast.close();
    media.close();
  }

  async close(): Promise<void> {
    this.publishers.next(undefined);
    await this.running;
  }
}

const CODECS = [
  {
    args: "-c:v libx264 -g 25 -bf 2 -pix_fmt yuv420p -c:a aac",
    file: "source.mp4",
    codecs: "avc1.64000b,mp4a.40.2",
  },
  {
    args:
      "-c:v libx265 -g 25 -x265-params log-level=error -pix_fmt yuv420p -c:a libopus",
    file: "source.mp4",
    codecs: "hvc1.1.6.L30.90,opus",
  },
  {
    args:
      "-c:v libaom-av1 -cpu-used 8 -usage realtime -g 25 -pix_fmt yuv420p -c:a flac",
    file: "source.mkv",
    codecs: "av01.0.00M.08,fLaC",
  },
  {
    args: "-c:v libvpx-vp9 -g 25 -deadline realtime -cpu-used 8 -c:a libopus",
    file: "source.webm",
    codecs: "vp09.00.10.08.01.02.02.02.00,opus",
  },
] as const;

for (const { args, file, codecs } of CODECS) {
  ffmpegTest(
    `LiveBroadcast: ${codecs} is in the playlists packet by packet`,
    async () => {
      const folder = await Deno.makeTempDir();
      const scene = new Scene();
      try {
        const source = `${folder}/${file}`;
        await generate(source, args.split(" "));
        const watched = ["video/video/media.m3u8", "audio/audio/media.m3u8"];
        await scene.publish(source, watched);
        await scene.clock.advance(10_000);
        assert.deepEqual(scene.warnings, []);
        const master = await saveHls(scene.server, folder);
        const text = await Deno.readTextFile(master);
        assert.ok(text.includes(`CODECS="${codecs}"`), text);
        assert.match(text, /RESOLUTION=160x90,FRAME-RATE=25.000/);
        for (const list of watched) {
          const media = await Deno.readTextFile(`${folder}/${list}`);
          assert.match(media, /#EXT-X-ENDLIST\n$/);
          const total = [...media.matchAll(/#EXTINF:([\d.]+)/g)]
            .reduce((sum, [, seconds]) => sum + Number(seconds), 0);
          assert.ok(Math.abs(total - 2) < 0.05, `${list}: ${total} s`);
        }
        for (const stream of ["v", "a"] as const) {
          assert.deepEqual(
            await digests(master, stream),
            await digests(source, stream),
          );
        }
        const decode = ["-xerror", "-i", master, "-f", "null", "-"];
        await output("ffmpeg", decode);
      } finally {
        await scene.close();
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}

ffmpegTest(
  "LiveBroadcast: another publisher is a discontinuity",
  async () => {
    const folder = await Deno.makeTempDir();
    const scene = new Scene();
    try {
      const encode = "-c:v libx264 -g 25 -pix_fmt yuv420p -an".split(" ");
      await generate(`${folder}/one.mp4`, encode);
      await generate(`${folder}/two.mp4`, [...encode, "-s", "320x180"]);
      const watched = ["video/video/media.m3u8"];
      await scene.publish(`${folder}/one.mp4`, watched);
      const before = await scene.text(watched[0]!);
      assert.ok(!before.includes("ENDLIST"), "the publisher may come back");
      await scene.publish(`${folder}/two.mp4`, watched);
      await scene.clock.advance(10_000);
      const master = await saveHls(scene.server, folder);
      const text = await Deno.readTextFile(`${folder}/${watched[0]}`);
      assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1, text);
      assert.equal(text.match(/#EXT-X-MAP/g)?.length, 2);
      const [stream] = await probe(master);
      assert.equal(stream!.nb_read_packets, "100");
    } finally {
      await scene.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

ffmpegTest(
  "LiveBroadcast: subscribes on request, and for 30 s more",
  async () => {
    const folder = await Deno.makeTempDir();
    const scene = new Scene();
    try {
      const file = `${folder}/film.mp4`;
      await generate(file, "-c:v libx264 -g 25 -c:a aac".split(" "));
      const media = await openMedia(await Deno.readFile(file));
      const broadcast = new BroadcastProducer();
      const publication = publishMedia(broadcast, media, {
        clock: scene.clock,
        loop: true,
      });
      scene.publishers.next({ kind: "start", broadcast: broadcast.consume() });
      await scene.text("master.m3u8");
      await scene.clock.advance(5000);
      assert.equal(scene.live.active, 0);

      const first = await scene.text("video/video/media.m3u8");
      assert.equal(scene.live.active, 1);
      await scene.clock.advance(300_000);
      assert.equal(scene.live.active, 0);
      const gone = await scene.get("video/video/0.m4s");
      assert.equal(gone.status, 404);

      const again = await scene.text("video/video/media.m3u8");
      const numberOf = (text: string) =>
        Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)![1]);
      assert.ok(numberOf(again) > numberOf(first), "numbers continue");
      assert.match(again, /#EXT-X-DISCONTINUITY/);

      // A window of 30 s, and the same again for players with an older playlist.
      for (let minute = 0; minute < 60; minute++) {
        await scene.clock.advance(10_000);
        await scene.text("video/video/media.m3u8");
      }
      const late = await scene.text("video/video/media.m3u8");
      const listed = late.match(/#EXTINF/g)!.length;
      assert.ok(listed >= 15 && listed <= 16, `${listed} segments are listed`);
      const sequence = numberOf(late);
      assert.equal(
        (await scene.get(`video/video/${sequence - 10}.m4s`)).status,
        200,
      );
      assert.equal(
        (await scene.get(`video/video/${sequence - 20}.m4s`)).status,
        404,
      );
      publication.close();
      await publication.closed;
      media.close();
    } finally {
      await scene.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("HlsServer: any origin may read, bad requests get errors", async () => {
  const scene = new Scene();
  const statusOf = async (method: string, path: string): Promise<number> => {
    const request = new Request(`${HLS_ORIGIN}/${path}`, { method });
    const response = await scene.clock.run(scene.server.answer(request));
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    return response.status;
  };
  assert.equal(await statusOf("OPTIONS", "master.m3u8"), 204);
  assert.equal(await statusOf("POST", "master.m3u8"), 405);
  assert.equal(
    await statusOf("GET", "master.m3u8"),
    503,
    "there is no publisher",
  );
  const broadcast = new BroadcastProducer();
  scene.publishers.next({ kind: "start", broadcast: broadcast.consume() });
  for (const path of ["", "%", "video/%zz/media.m3u8", "a/b/c/d", "../etc"]) {
    assert.equal(await statusOf("GET", path), 404, path);
  }
  broadcast.close();
  await scene.close();
});
