/**
 * Files through a broadcast in memory and back into a file.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Media,
  type MediaPacket,
  type MediaPublication,
  openH264,
  openMedia,
  type OrderedSample,
  publishMedia,
  type PublishMediaOptions,
  type SubscribedMedia,
  subscribeMedia,
  writeMedia,
  writeRaw,
} from "@moq-deno/hang/media";
import { BroadcastProducer } from "@moq-deno/lite";
import { FastClock } from "./fast_clock.ts";
import { ffmpegTest, generate, output, probe } from "./tools.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

async function openFile(path: string | URL): Promise<Media> {
  return await openMedia(await Deno.readFile(path));
}

async function packetsOf(media: Media): Promise<readonly MediaPacket[][]> {
  const tracks: MediaPacket[][] = [];
  for (const track of media.tracks) {
    tracks.push(await Array.fromAsync(track.packets()));
  }
  return tracks;
}

interface Live {
  readonly publication: MediaPublication;
  readonly received: SubscribedMedia;
}

async function goLive(
  media: Media,
  options: PublishMediaOptions = {},
): Promise<Live> {
  const broadcast = new BroadcastProducer();
  const publication = publishMedia(broadcast, media, {
    clock: new FastClock(),
    ...options,
  });
  return { publication, received: await subscribeMedia(broadcast.consume()) };
}

function collect(
  reader: SubscribedMedia["video"] | SubscribedMedia["audio"],
): Promise<OrderedSample[]> {
  return Array.fromAsync(reader?.samples() ?? []);
}

function assertSame(
  samples: readonly OrderedSample[],
  packets: readonly MediaPacket[],
): void {
  assert.deepEqual(
    samples.map(({ timestampUs, isKeyframe }) => ({ timestampUs, isKeyframe })),
    packets.map(({ timestampUs, isKeyframe }) => ({ timestampUs, isKeyframe })),
  );
  for (const [index, { data }] of samples.entries()) {
    const expected = packets[index]!.data;
    assert.ok(
      data.length === expected.length &&
        data.every((b, i) => b === expected[i]),
      `sample ${index} differs`,
    );
  }
}

Deno.test("publishMedia: every packet of the clip arrives in order", async () => {
  const media = await openFile(CLIP);
  const { publication, received } = await goLive(media);
  const [video, audio] = await Promise.all([
    collect(received.video),
    collect(received.audio),
  ]);
  assert.equal(await publication.closed, undefined);
  const [videoPackets, audioPackets] = await packetsOf(media);
  assert.equal(videoPackets!.length, 300);
  assert.equal(audioPackets!.length, 470);
  assertSame(video, videoPackets!);
  assertSame(audio, audioPackets!);
  assert.equal(new Set(video.map(({ group }) => group)).size, 10);
  assert.ok(
    video.every(({ timestampUs, group }, index) =>
      index === 0 || group === video[index - 1]!.group ||
      timestampUs - video[index - 1]!.timestampUs < 34_000
    ),
  );
  // A group may not begin earlier, so 100 ms are five frames of 21.3 ms.
  assert.equal(new Set(audio.map(({ group }) => group)).size, 94);
  assert.deepEqual(publication.stats.frames, 770);
  assert.deepEqual(publication.stats.passes, 1);
  await received.close();
  media.close();
});

Deno.test("publishMedia: the catalog has what a decoder needs", async () => {
  const media = await openFile(CLIP);
  const { publication, received } = await goLive(media);
  publication.close();
  assert.equal(await publication.closed, undefined);
  const { description, ...video } = received.video!.config;
  assert.match(description!, /^014d401e/);
  assert.deepEqual(video, {
    codec: "avc1.4d401e",
    container: { kind: "legacy" },
    codedWidth: 640,
    codedHeight: 360,
    framerate: 30,
    jitter: 34,
  });
  assert.deepEqual(received.audio!.config, {
    codec: "mp4a.40.2",
    container: { kind: "legacy" },
    description: "119056e500",
    sampleRate: 48000,
    numberOfChannels: 2,
    bitrate: 64000,
    jitter: 22,
  });
  await received.close();
  media.close();
});

Deno.test("publishMedia: a loop continues without a jump or an overlap", async () => {
  const media = await openFile(CLIP);
  const clock = new FastClock();
  const { publication, received } = await goLive(media, { clock, loop: true });
  const last = { video: -1, audio: -1 };
  const read = async (kind: "video" | "audio"): Promise<number> => {
    let count = 0;
    for await (const { timestampUs } of received[kind]!.samples()) {
      if (count > 0) {
        const stepUs = timestampUs - last[kind];
        // At the seam the picture waits for the sound, which is 27 ms longer.
        assert.ok(stepUs >= 21_333 && stepUs < 61_000, `step ${stepUs}`);
      }
      last[kind] = timestampUs;
      if (++count > 1000) publication.close();
    }
    return count;
  };
  await Promise.all([read("video"), read("audio")]);
  assert.ok(publication.stats.passes >= 2);
  // Real time: the last packet was due when it was sent.
  assert.ok(Math.abs(clock.now() - publication.stats.mediaUs / 1000) < 50);
  await received.close();
  media.close();
});

Deno.test("publishMedia: a signal ends the tracks in good order", async () => {
  const media = await openFile(CLIP);
  const stop = new AbortController();
  const { publication, received } = await goLive(media, {
    container: "loc",
    signal: stop.signal,
    loop: true,
  });
  let count = 0;
  for await (const sample of received.video!.samples()) {
    if (count++ === 0) assert.equal(sample.isKeyframe, true);
    if (count === 40) stop.abort();
  }
  assert.equal(await publication.closed, undefined);
  assert.deepEqual(received.video!.config.container, { kind: "loc" });
  await received.close();
  media.close();
});

Deno.test("publishMedia refuses to loop a stream", async () => {
  const bytes = await Deno.readFile(CLIP);
  const media = await openMedia(new Blob([bytes]).stream());
  assert.throws(
    () => publishMedia(new BroadcastProducer(), media, { loop: true }),
    TypeError,
  );
  const [video] = await packetsOf(media);
  assert.equal(video!.length, 300);
  media.close();
});

Deno.test("writeMedia: a late viewer's file begins with a keyframe at 0", async () => {
  const media = await openFile(CLIP);
  const clock = new FastClock();
  const broadcast = new BroadcastProducer();
  const publication = publishMedia(broadcast, media, { clock });
  await new Promise<void>((resolve) => clock.after(2500, resolve));
  const received = await subscribeMedia(broadcast.consume());
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [bytes, written] = await Promise.all([
    new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
    writeMedia(received, writable),
  ]);
  assert.equal(await publication.closed, undefined);
  const copy = await openMedia(bytes);
  const [video, audio] = await packetsOf(copy);
  // Of 10 s the last 8: the group of second 2 was the newest, and is read from its keyframe.
  assert.equal(video!.length, 240);
  assert.equal(written.videoFrames, 240);
  assert.equal(written.audioFrames, audio!.length);
  assert.equal(video![0]!.isKeyframe, true);
  assert.ok(video![0]!.timestampUs < 1000);
  const gapUs = audio!.at(-1)!.timestampUs - video!.at(-1)!.timestampUs;
  const [sourceVideo, sourceAudio] = await packetsOf(media);
  const sourceGapUs = sourceAudio!.at(-1)!.timestampUs -
    sourceVideo!.at(-1)!.timestampUs;
  assert.ok(Math.abs(gapUs - sourceGapUs) < 1000, `${gapUs} ${sourceGapUs}`);
  await received.close();
  copy.close();
  media.close();
});

Deno.test("writeMedia: a signal abandons the file during a write", async () => {
  const media = await openFile(CLIP);
  const reason = new Error("disk wanted elsewhere");
  for (const writesUntilStop of [1, 4]) {
    const { publication, received } = await goLive(media, { loop: true });
    const stop = new AbortController();
    const aborted = Promise.withResolvers<unknown>();
    const stuck = Promise.withResolvers<void>();
    let writes = 0;
    const file = new WritableStream<Uint8Array>({
      write: () => {
        if (++writes < writesUntilStop) return;
        stop.abort(reason);
        return stuck.promise;
      },
      abort: aborted.resolve,
      close: () => aborted.reject(new Error("The file looks complete")),
    });
    const writing = writeMedia(received, file, { signal: stop.signal });
    await assert.rejects(writing, reason);
    stuck.resolve();
    assert.equal(await aborted.promise, reason);
    publication.close();
    await publication.closed;
    await received.close();
  }
  media.close();
});

Deno.test("writeMedia: a failing file ends it with its error", async () => {
  const media = await openFile(CLIP);
  const { publication, received } = await goLive(media, { loop: true });
  let writes = 0;
  const file = new WritableStream<Uint8Array>({
    write: () => {
      if (++writes > 3) throw new Error("disk full");
    },
  });
  await assert.rejects(writeMedia(received, file), {
    name: "MoqError",
    message: "disk full",
  });
  publication.close();
  await publication.closed;
  await received.close();
  media.close();
});

Deno.test("writeMedia: media closed before its start is an empty file", async () => {
  const media = await openFile(CLIP);
  const { publication, received } = await goLive(media);
  await received.close();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [bytes, written] = await Promise.all([
    new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
    writeMedia(received, writable),
  ]);
  assert.deepEqual(written, { videoFrames: 0, audioFrames: 0, durationUs: 0 });
  await assert.rejects(openMedia(bytes), {
    code: "unsupported",
    message: /Track 1 \(video\) has no packets; Track 2 \(audio\) has no/,
  });
  publication.close();
  await publication.closed;
  media.close();
});

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly codecs: readonly [video: RegExp, audio: RegExp];
  readonly written: readonly [video: string, audio: string];
}

const H264 = ["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p"];
const H265 = [
  ...["-c:v", "libx265", "-x265-params", "log-level=none", "-g", "25"],
  ...["-bf", "2", "-pix_fmt", "yuv420p"],
];
const AAC = ["-c:a", "aac"];
const CASES: readonly Case[] = [
  {
    name: "bframes.mp4",
    args: [...H264, "-bf", "3", "-c:a", "libmp3lame"],
    codecs: [/^avc1\./, /^(mp3|mp4a\.6b)$/i],
    written: ["h264", "mp3"],
  },
  {
    name: "h264.mkv",
    args: [...H264, ...AAC],
    codecs: [/^avc1\./, /^mp4a\.40\.2$/],
    written: ["h264", "aac"],
  },
  {
    name: "h264.ts",
    args: [...H264, ...AAC],
    codecs: [/^avc3\./, /^mp4a\.40\.2$/],
    written: ["h264", "aac"],
  },
  {
    name: "vp9.webm",
    args: [
      ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
      ...["-pix_fmt", "yuv420p", "-g", "25", "-c:a", "libopus"],
    ],
    codecs: [/^vp09\./, /^opus$/],
    written: ["vp9", "opus"],
  },
  {
    name: "hevc.mp4",
    args: [...H265, "-tag:v", "hvc1", "-c:a", "flac", "-strict", "-2"],
    codecs: [/^hvc1\.1\./, /^flac$/],
    written: ["hevc", "flac"],
  },
  {
    name: "hevc.ts",
    args: [...H265, ...AAC],
    codecs: [/^hev1\.1\./, /^mp4a\.40\.2$/],
    written: ["hevc", "aac"],
  },
  {
    name: "vp8.mkv",
    args: [
      ...["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"],
      ...["-pix_fmt", "yuv420p", "-g", "25", "-c:a", "libopus"],
    ],
    codecs: [/^vp8$/, /^opus$/],
    written: ["vp8", "opus"],
  },
  {
    name: "av1.mp4",
    args: [
      ...["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"],
      ...["-pix_fmt", "yuv420p", "-g", "25", "-c:a", "libopus"],
    ],
    codecs: [/^av01\.0\./, /^opus$/],
    written: ["av1", "opus"],
  },
];

for (const { name, args, codecs, written } of CASES) {
  ffmpegTest(
    `round trip of ${name}: the file has the same packets`,
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const source = `${folder}/${name}`;
        const copy = `${folder}/copy.mp4`;
        await generate(source, args);
        const media = await openFile(source);
        const [video, audio] = await packetsOf(media);
        assert.match(media.tracks[0]!.config.codec, codecs[0]);
        assert.match(media.tracks[1]!.config.codec, codecs[1]);
        const { publication, received } = await goLive(media);
        const file = await Deno.create(copy);
        const result = await writeMedia(received, file.writable);
        assert.equal(await publication.closed, undefined);
        assert.equal(received.video!.skipped + received.audio!.skipped, 0);

        assert.equal(result.videoFrames, video!.length);
        assert.equal(video!.length, 50);
        const streams = await probe(copy);
        assert.deepEqual(streams.map((one) => one.codec_name), written);
        assert.deepEqual(
          streams.map((one) => Number(one.nb_read_packets)),
          [result.videoFrames, result.audioFrames],
        );
        // Sound from before the first picture is not in the file.
        assert.ok(result.audioFrames >= audio!.length - 4);
        assert.ok(Number(streams[0]!.start_time) < 0.1);
        assert.ok(Number(streams[1]!.start_time) < 0.1);
        await output("ffmpeg", ["-xerror", "-i", copy, "-f", "null", "-"]);

        const again = await openFile(copy);
        const [videoAgain, audioAgain] = await packetsOf(again);
        // Counted from the last sound packet, so that the offset of picture and sound is measured too.
        const origin = audio!.at(-1)!.timestampUs;
        const originAgain = audioAgain!.at(-1)!.timestampUs;
        for (const [index, packet] of videoAgain!.entries()) {
          const wanted = video![index]!;
          const shift = packet.timestampUs - originAgain -
            (wanted.timestampUs - origin);
          assert.ok(
            Math.abs(shift) < 1000,
            `packet ${index} is off by ${shift}`,
          );
          assert.equal(packet.isKeyframe, wanted.isKeyframe);
        }
        again.close();
        await received.close();
        media.close();
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}

ffmpegTest(
  "openH264: a plain stream round-trips bit for bit",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const source = `${folder}/source.h264`;
      await generate(source, [
        ...["-map", "0:v", ...H264, "-bf", "0", "-f", "h264"],
      ]);
      const file = await Deno.readFile(source);
      const media = await openH264(new Blob([file]).stream(), {
        framerate: 25,
      });
      const { publication, received } = await goLive(media);
      const copy = new TransformStream<Uint8Array, Uint8Array>();
      const [bytes, { videoFrames }] = await Promise.all([
        new Response(copy.readable as ReadableStream<Uint8Array<ArrayBuffer>>)
          .bytes(),
        writeRaw(received, copy.writable),
      ]);
      assert.equal(await publication.closed, undefined);
      assert.equal(videoFrames, 50);
      const units = (stream: Uint8Array): string =>
        stream.toHex().replaceAll("00000001", "000001");
      assert.ok(units(bytes) === units(file), "the streams differ");
      await received.close();
      media.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
