/**
 * HLS from ffmpeg as media: every sample, for all kinds of segments, from files, live,
 * and damaged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type HlsFiles, openHls } from "@moq-deno/hang/hls";
import { type Media, openMedia } from "@moq-deno/hang/media";
import { type Clock, MoqError } from "@moq-deno/lite";
import { filesFor } from "../../hang/cli/hls_files.ts";
import { FastClock } from "./fast_clock.ts";
import { ffmpegTest, generate, output } from "./tools.ts";

const ENCODE = "-c:v libx264 -g 10 -bf 2 -pix_fmt yuv420p -c:a aac".split(" ");

interface Made {
  readonly folder: string;
  readonly source: string;
}

/** Runs `test` with a folder that has two seconds of picture and sound. */
async function withSource(test: (made: Made) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const source = `${folder}/source.mp4`;
    await generate(source, ENCODE);
    await test({ folder, source });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeHls(
  { folder, source }: Made,
  options: string,
): Promise<string> {
  await output("ffmpeg", [
    ...["-i", source, "-c", "copy", "-f", "hls", "-hls_time", "0.4"],
    ...["-hls_playlist_type", "vod", ...options.split(" ")],
    `${folder}/media.m3u8`,
  ]);
  return `file://${folder}/media.m3u8`;
}

async function digest(data: Uint8Array): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new Uint8Array(data));
  return new Uint8Array(bytes).toHex();
}

/** Digest and relative time of every packet of one kind. */
async function samples(
  media: Media,
  kind: "video" | "audio",
): Promise<{ readonly hashes: string[]; readonly timesUs: number[] }> {
  const track = media.tracks.find((one) => one.kind === kind)!;
  const hashes: string[] = [];
  const timesUs: number[] = [];
  for await (const { data, timestampUs } of track.packets()) {
    hashes.push(await digest(data));
    timesUs.push(timestampUs - (media.startUs ?? 0));
  }
  return { hashes, timesUs };
}

async function assertSame(
  media: Media,
  source: string,
  options: { readonly isRewritten?: boolean } = {},
): Promise<void> {
  const original = await openMedia(await Deno.readFile(source));
  for (const kind of ["video", "audio"] as const) {
    const got = await samples(media, kind);
    const expected = await samples(original, kind);
    assert.equal(got.hashes.length, expected.hashes.length, kind);
    // A transport stream has H.264 in another form.
    if (!options.isRewritten || kind === "audio") {
      assert.deepEqual(got.hashes, expected.hashes, kind);
    }
    for (const [index, us] of got.timesUs.entries()) {
      const off = Math.abs(us - expected.timesUs[index]!);
      assert.ok(off < 2000, `${kind} ${index} is ${off} µs off`);
    }
  }
  original.close();
}

const WAYS = [
  { name: "fMP4", options: "-hls_segment_type fmp4", isRewritten: false },
  {
    name: "fMP4 in one file",
    options: "-hls_segment_type fmp4 -hls_flags single_file",
    isRewritten: false,
  },
  { name: "MPEG-TS", options: "-hls_segment_type mpegts", isRewritten: true },
] as const;

for (const { name, options, isRewritten } of WAYS) {
  ffmpegTest(`openHls: ${name} gives every sample at its time`, async () => {
    await withSource(async (made) => {
      const media = await openHls(await makeHls(made, options), {
        files: filesFor(),
      });
      assert.deepEqual(media.tracks.map(({ kind }) => kind), [
        "video",
        "audio",
      ]);
      await assertSame(media, made.source, { isRewritten });
      media.close();
    });
  });
}

ffmpegTest(
  "openHls: variants and separate sounds are renditions",
  async () => {
    await withSource(async ({ folder, source }) => {
      await output("ffmpeg", [
        ...["-i", source, "-map", "0:v", "-map", "0:v", "-map", "0:a"],
        ...["-c:v:0", "copy", "-c:v:1", "libx264", "-s:v:1", "80x46"],
        ...["-g:v:1", "10", "-c:a", "copy", "-f", "hls", "-hls_time", "0.4"],
        ...["-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"],
        ...["-var_stream_map", "v:0,agroup:a v:1,agroup:a a:0,agroup:a"],
        ...["-master_pl_name", "master.m3u8", `${folder}/%v.m3u8`],
      ]);
      const media = await openHls(`file://${folder}/master.m3u8`, {
        files: filesFor(),
      });
      assert.deepEqual(
        media.tracks.map(({ config }) =>
          "codedWidth" in config ? config.codedWidth : config.codec
        ),
        [160, 80, "mp4a.40.2"],
      );
      await assertSame(media, source);
      media.close();
    });
  },
);

/** Files whose content depends on how often the playlist was requested. */
function liveFiles(
  folder: string,
  playlistAt: (count: number) => string,
): HlsFiles {
  let count = 0;
  return {
    read(url, options) {
      if (!url.endsWith("live.m3u8")) return filesFor().read(url, options);
      const bytes = new TextEncoder().encode(playlistAt(count++));
      return Promise.resolve({ bytes, url: `file://${folder}/live.m3u8` });
    },
  };
}

/** Time passes at once; waited time is counted. */
class CountingClock extends FastClock implements Clock {
  readonly waitsMs: number[] = [];

  override after(ms: number, then: () => void): () => void {
    this.waitsMs.push(ms);
    return super.after(ms, then);
  }
}

ffmpegTest(
  "openHls: joins a live playlist near its end and reloads it",
  async () => {
    await withSource(async (made) => {
      const url = await makeHls(made, "-hls_segment_type fmp4");
      const vod = await Deno.readTextFile(new URL(url));
      const segments = vod.match(/#EXTINF:[^\n]+\n\S+/g)!;
      assert.equal(segments.length, 5);
      const map = /#EXT-X-MAP[^\n]+/.exec(vod)![0];
      const list = (from: number, all: readonly string[], end = ""): string =>
        ["#EXTM3U", "#EXT-X-TARGETDURATION:1"]
          .concat(`#EXT-X-MEDIA-SEQUENCE:${from}`, map, all, end).join("\n");
      const long = [...segments, ...segments, ...segments];
      const playlists = [
        list(10, long), // 6 s: joined 3 s before its end
        list(10, long), // unchanged
        "#EXTM3U\n#EXTINF:oops", // a failing server
        list(12, [...long.slice(2), "#EXT-X-DISCONTINUITY", segments[0]!]),
        list(
          13,
          [...long.slice(3), "#EXT-X-DISCONTINUITY", ...segments],
          "#EXT-X-ENDLIST",
        ),
      ];
      const clock = new CountingClock();
      const warnings: string[] = [];
      const media = await openHls("file:///live.m3u8", {
        files: liveFiles(made.folder, (count) => playlists[count]!),
        clock,
        log: { warn: (_, fields) => warnings.push(String(fields?.error)) },
      });
      const { hashes, timesUs } = await samples(media, "video");
      // Eight segments of ten pictures from the first playlist, then five.
      assert.equal(hashes.length, 130);
      assert.deepEqual(clock.waitsMs, [1000, 500, 1000 * 2 / 2, 1000]);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0]!,
        /line 2 of .*live\.m3u8 to be EXTINF with a number/,
      );
      const sorted = timesUs.toSorted((a, b) => a - b);
      const steps = sorted.slice(1).map((us, index) => us - sorted[index]!);
      const longest = Math.max(...steps);
      assert.ok(
        longest < 120_000,
        `time continues, with a step of ${longest} µs`,
      );
      media.close();
    });
  },
);

ffmpegTest(
  "openHls: leaves out bad segments and continues",
  async () => {
    await withSource(async (made) => {
      const url = await makeHls(made, "-hls_segment_type fmp4");
      const path = new URL(url);
      const text = await Deno.readTextFile(path);
      const names = text.match(/^media\d+\.m4s$/gm)!;
      await Deno.remove(`${made.folder}/${names[1]}`);
      await Deno.writeFile(
        `${made.folder}/${names[2]}`,
        new Uint8Array(3000).fill(7),
      );
      await Deno.writeTextFile(
        path,
        text.replace(
          /#EXTINF[^\n]+\nmedia3/,
          `#EXT-X-KEY:METHOD=AES-128,URI="key"\n$&`,
        ).replace(
          /#EXTINF[^\n]+\nmedia4/,
          "#EXT-X-KEY:METHOD=NONE\n$&",
        ),
      );
      const warnings: string[] = [];
      const media = await openHls(url, {
        files: filesFor(),
        log: { warn: (_, fields) => warnings.push(String(fields?.error)) },
      });
      const { hashes } = await samples(media, "video");
      assert.equal(hashes.length, 20, "two of five segments are valid");
      assert.equal(warnings.length, 3);
      assert.match(warnings[0]!, /media1\.m4s.*No such file/);
      assert.match(warnings[1]!, /media2\.m4s: Expected .*has no packets/);
      assert.match(
        warnings[2]!,
        /not encrypted, line \d+ of .* METHOD=AES-128/,
      );
      media.close();
    });
  },
);

ffmpegTest(
  "openHls: the picture size may change at a discontinuity",
  async () => {
    await withSource(async (made) => {
      const { folder } = made;
      const parts = [];
      for (const size of ["160x90", "640x360"]) {
        const part = { folder: `${folder}/${size}`, source: made.source };
        await Deno.mkdir(part.folder);
        await generate(`${part.folder}/own.mp4`, [...ENCODE, "-s", size]);
        part.source = `${part.folder}/own.mp4`;
        await makeHls(part, "-hls_segment_type mpegts");
        const text = await Deno.readTextFile(`${part.folder}/media.m3u8`);
        parts.push(text.replaceAll(/^media/gm, `${size}/media`));
      }
      const [first, second] = parts.map((text) =>
        text.replace("#EXT-X-ENDLIST\n", "")
      );
      const segments = second!.slice(second!.indexOf("#EXTINF"));
      const path = `${folder}/both.m3u8`;
      const text = `${first}#EXT-X-DISCONTINUITY\n${segments}#EXT-X-ENDLIST\n`;
      await Deno.writeTextFile(path, text);
      const media = await openHls(`file://${path}`, { files: filesFor() });
      const { timesUs } = await samples(media, "video");
      assert.equal(timesUs.length, 100);
      const last = Math.max(...timesUs);
      assert.ok(Math.abs(last - 3_960_000) < 100_000, `${last}`);
      media.close();
    });
  },
);

Deno.test("openHls: refuses invalid playlists and forbidden names", async () => {
  const refuses = async (text: string, message: RegExp): Promise<void> => {
    const files: HlsFiles = {
      read: (url) =>
        url.endsWith("m3u8")
          ? Promise.resolve({ bytes: new TextEncoder().encode(text), url })
          : Promise.reject(new MoqError("not-found", `No ${url}`)),
    };
    await assert.rejects(
      openHls("http://a.test/list.m3u8", { files, clock: new FastClock() }),
      (error) => {
        assert.ok(error instanceof MoqError);
        assert.match(error.message, message);
        return true;
      },
    );
  };
  await refuses(
    "<html>",
    /line 1 of http:\/\/a.test\/list.m3u8 to be #EXTM3U, got "<html>"/,
  );
  await refuses("#EXTM3U\n", /EXT-X-TARGETDURATION in .*, got none/);
  const media = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
  await refuses(`${media}a.ts`, /line 3 of .* preceded by EXTINF/);
  await refuses(
    `${media}#EXTINF:2,\nfile:///etc/passwd`,
    /line 4 of .* URI with http: or https:, got "file:\/\/\/etc\/passwd"/,
  );
  await refuses(
    `${media}#EXT-X-BYTERANGE:12\n#EXTINF:2,\na.ts`,
    /line 3 of .* EXT-X-BYTERANGE with LENGTH@OFFSET/,
  );
  await refuses(
    `${media}#EXT-X-MAP:URI="i.mp4",,\n#EXTINF:2,\na.ts`,
    /line 3 of .* NAME=VALUE/,
  );
  await refuses(`${media}#EXT-X-ENDLIST`, /segments in the playlist, got none/);
  await refuses(
    `${media}#EXTINF:2,\na.ts\n#EXT-X-ENDLIST`,
    /No http:\/\/a.test\/a.ts/,
  );
});

/** An ID3 tag with the start time of packed audio. */
function id3Time(us: number): Uint8Array<ArrayBuffer> {
  const owner = "com.apple.streaming.transportStreamTimestamp\0";
  const bytes = new Uint8Array(20 + owner.length + 8);
  bytes.set(new TextEncoder().encode(`ID3\x04`));
  bytes[9] = 10 + owner.length + 8;
  bytes.set(new TextEncoder().encode("PRIV"), 10);
  bytes[17] = owner.length + 8;
  bytes.set(new TextEncoder().encode(owner), 20);
  const ticks = BigInt(Math.round(us * 9 / 100));
  new DataView(bytes.buffer).setBigUint64(20 + owner.length, ticks);
  return bytes;
}

ffmpegTest(
  "openHls: packed audio starts at the time in its tags",
  () =>
    withSource(async ({ folder, source }) => {
      await output("ffmpeg", [
        ...["-i", source, "-an", "-c", "copy", "-f", "hls", "-hls_time", "0.4"],
        ...["-hls_playlist_type", "vod", `${folder}/video.m3u8`],
      ]);
      await output("ffmpeg", [
        ...["-i", source, "-vn", "-c", "copy", "-f", "segment"],
        ...["-segment_time", "1", "-segment_format", "adts"],
        `${folder}/sound%d.aac`,
      ]);
      const list = ["#EXTM3U", "#EXT-X-TARGETDURATION:2"];
      let startUs = 1_400_000; // where ffmpeg starts its segments of pictures
      for (let n = 0; n < 2; n++) {
        const path = `${folder}/sound${n}.aac`;
        const frames = await Deno.readFile(path);
        const file = new Blob([id3Time(startUs), frames]);
        await Deno.writeFile(path, await file.bytes());
        list.push("#EXTINF:1,", `sound${n}.aac`);
        const media = await openMedia(frames);
        const packets = await Array.fromAsync(media.tracks[0]!.packets());
        startUs += Math.round(packets.length * 1024 * 1e6 / 48_000);
      }
      list.push("#EXT-X-ENDLIST");
      await Deno.writeTextFile(`${folder}/sound.m3u8`, list.join("\n"));
      await Deno.writeTextFile(
        `${folder}/master.m3u8`,
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="sound.m3u8"\n' +
          '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nvideo.m3u8\n',
      );
      const media = await openHls(`file://${folder}/master.m3u8`, {
        files: filesFor(),
      });
      assert.deepEqual(media.tracks.map(({ config }) => config.codec), [
        "avc3.64000b",
        "mp4a.40.2",
      ]);
      const { timesUs: video } = await samples(media, "video");
      const { timesUs: audio } = await samples(media, "audio");
      assert.ok(Math.abs(Math.min(...video) - audio[0]!) < 150_000);
      assert.ok(audio.length > 90, `${audio.length}`);
      for (const [index, us] of audio.entries()) {
        const wantedUs = audio[0]! + index * 1024 * 1e6 / 48_000;
        assert.ok(Math.abs(us - wantedUs) < 100, `${us} at ${index}`);
      }
      media.close();
    }),
);
