/**
 * Every codec that ffmpeg can encode, in every file format that carries it, from a file
 * through a relay into a file: the packets are the same bytes, or, if the file
 * formats write them differently, decode to the same samples.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  type Media,
  openFragments,
  openMedia,
  type SampleReader,
  subscribeMedia,
  writeMedia,
} from "@moq-deno/hang/media";
import type { AudioConfig } from "@moq-deno/hang";
import { fragmentsOf, receive } from "./fragments_through.ts";
import { Relayed } from "./relayed.ts";
import { ffmpegTest, output } from "./tools.ts";

interface Row {
  /** ffmpeg's encoder arguments. */
  readonly encoder: readonly string[];
  /** File formats, by extension. */
  readonly files: readonly string[];
  /** The codec in the catalog. */
  readonly codec: RegExp;
  /** How the decoder's extra data begins, in hexadecimal; absent if there is none. */
  readonly description?: RegExp;
  /** File formats where the packets differ, or the codec has another name. */
  readonly others?: Readonly<
    Record<string, { readonly codec?: RegExp; readonly isInBand?: boolean }>
  >;
  /** Whether frames differ from the file's packets: PCM is always converted to floats. */
  readonly isConverted?: boolean;
}

const SMALL = ["-g", "12", "-pix_fmt", "yuv420p"];

const VIDEO: Readonly<Record<string, Row>> = {
  "H.264": {
    encoder: ["libx264", ...SMALL, "-bf", "2"],
    files: ["mp4", "mov", "mkv", "ts"],
    codec: /^avc1\.6400/,
    description: /^016400/,
    others: { ts: { codec: /^avc3\.6400/, isInBand: true } },
  },
  "H.265": {
    encoder: [
      ...["libx265", ...SMALL, "-bf", "2"],
      ...["-x265-params", "log-level=none", "-tag:v", "hvc1"],
    ],
    files: ["mp4", "mkv", "ts"],
    codec: /^hvc1\.1\.6\.L\d+\./,
    description: /^0101/,
    others: { ts: { codec: /^hev1\.1\./, isInBand: true } },
  },
  "VP8": {
    encoder: ["libvpx", ...SMALL, "-deadline", "realtime"],
    files: ["webm", "mkv"],
    codec: /^vp8$/,
  },
  "VP9": {
    encoder: ["libvpx-vp9", ...SMALL, "-deadline", "realtime"],
    files: ["mp4", "webm"],
    codec: /^vp09\.00\.\d\d\.08/,
  },
  "AV1": {
    encoder: ["libaom-av1", ...SMALL, "-usage", "realtime", "-cpu-used", "8"],
    files: ["mp4", "mkv"],
    codec: /^av01\.0\.\d\dM\.08/,
  },
};

const AUDIO: Readonly<Record<string, Row>> = {
  "AAC": {
    encoder: ["aac"],
    files: ["mp4", "mkv", "ts", "aac"],
    codec: /^mp4a\.40\.2$/,
    description: /^1190/,
    others: { ts: { isInBand: true }, aac: { isInBand: true } },
  },
  "Opus": {
    encoder: ["libopus"],
    files: ["mp4", "webm", "ogg"],
    codec: /^opus$/,
    description: /^4f70757348656164/, // OpusHead
  },
  "MP3": {
    encoder: ["libmp3lame"],
    files: ["mp3", "mp4", "mkv"],
    codec: /^(mp3|mp4a\.6b)$/i,
  },
  "FLAC": {
    encoder: ["flac", "-strict", "-2"],
    files: ["flac", "mp4", "mkv"],
    codec: /^flac$/,
    description: /^664c6143/, // fLaC
  },
  "AC-3": { encoder: ["ac3"], files: ["mp4", "mkv", "ts"], codec: /^ac-3$/ },
  "E-AC-3": {
    encoder: ["eac3"],
    files: ["mp4", "mkv", "ts"],
    codec: /^ec-3$/,
  },
  "PCM of 16 bits": {
    encoder: ["pcm_s16le"],
    files: ["wav", "mkv", "mov"],
    codec: /^pcm$/,
    isConverted: true,
  },
  "PCM of 24 bits": {
    encoder: ["pcm_s24le"],
    files: ["wav", "mkv"],
    codec: /^pcm$/,
    isConverted: true,
  },
  "PCM of 32-bit floats": {
    encoder: ["pcm_f32le"],
    files: ["wav", "mkv"],
    codec: /^pcm$/,
    isConverted: true,
  },
};

const PICTURE = "testsrc2=size=160x90:rate=25:duration=2";
const TONE = "sine=frequency=440:sample_rate=48000:duration=2";
const FRAGMENTS = "cmaf+separate_moof+delay_moov+skip_trailer+frag_keyframe";

type Kind = "video" | "audio";
const ROWS: readonly (readonly [Kind, string, Row])[] = [
  ...Object.entries(VIDEO).map(([name, row]) => ["video", name, row] as const),
  ...Object.entries(AUDIO).map(([name, row]) => ["audio", name, row] as const),
];

async function encode(
  file: string,
  { kind, row, args = [] }: {
    readonly kind: Kind;
    readonly row: Row;
    readonly args?: readonly string[];
  },
): Promise<void> {
  const [encoder = "", ...more] = row.encoder;
  await output("ffmpeg", [
    ...["-f", "lavfi", "-i", kind === "video" ? PICTURE : TONE],
    ...(kind === "video" ? ["-c:v"] : ["-ac", "2", "-c:a"]),
    ...[encoder, ...more, ...args, file],
  ]);
}

interface Packet {
  /** Hash of its bytes. */
  readonly hash: string;
  /** Since the second packet: the part that a decoder skips in the first may count or not. */
  readonly seconds: number;
}

async function packetsOf(file: string): Promise<Packet[]> {
  const json = await output("ffprobe", [
    ...["-show_packets", "-show_data_hash", "md5", "-of", "json", file],
  ]);
  const packets: readonly { data_hash: string; pts_time: string }[] =
    JSON.parse(json).packets;
  const startS = Number(packets[1]?.pts_time);
  return packets.map(({ data_hash: hash, pts_time: time }) => ({
    hash,
    seconds: Number(time) - startS,
  }));
}

// Matroska counts in milliseconds.
async function assertSamePackets(copy: string, source: string): Promise<void> {
  const [packets, expected] = [await packetsOf(copy), await packetsOf(source)];
  assert.ok(expected.length > 20, `${expected.length} packets`);
  assert.deepEqual(
    packets.map(({ hash }) => hash),
    expected.map(({ hash }) => hash),
  );
  for (const [index, { seconds }] of packets.entries()) {
    if (index === 0) continue;
    const wanted = expected[index]!.seconds;
    assert.ok(
      Math.abs(seconds - wanted) < 0.0021,
      `packet ${index} at ${seconds} s, expected ${wanted} s`,
    );
  }
}

/** A hash of each decoded picture of a file, or one of all its sound. */
async function decodedHashes(file: string, kind: Kind): Promise<string[]> {
  const format = kind === "video" ? "framehash" : "streamhash";
  const text = await output("ffmpeg", [
    ...["-i", file, "-c:a", "pcm_f32le", "-f", format, "-hash", "md5", "-"],
  ]);
  return text.split("\n").filter((line) => /^[^#]/.test(line))
    .map((line) => line.split(/[,=]/).at(-1)!.trim());
}

/** Passes samples through, and reports the first one. */
function watched<Config>(
  reader: SampleReader<Config> | undefined,
): { readonly reader: typeof reader; readonly hasBegun: Promise<void> } {
  if (!reader) return { reader, hasBegun: Promise.resolve() };
  const begun = Promise.withResolvers<void>();
  const samples = async function* (signal?: AbortSignal) {
    for await (const sample of reader.samples(signal)) {
      begun.resolve();
      yield sample;
    }
  };
  return {
    reader: { config: reader.config, samples },
    hasBegun: begun.promise,
  };
}

/** Sends `media` through a relay into `copy`. */
async function relay(
  media: Media,
  { container, copy }: {
    readonly container: "legacy" | "loc";
    readonly copy: string;
  },
): Promise<Uint8Array[]> {
  await using relayed = await Relayed.start();
  const { done } = await relayed.publish(media, container);
  const broadcast = relayed.consume();
  const raw = receive(broadcast.track(media.tracks[0]!.kind));
  const received = await subscribeMedia(broadcast, { latencyMs: 60_000 });
  const [video, audio] = [watched(received.video), watched(received.audio)];
  const file = await Deno.create(copy);
  const writing = writeMedia(
    { catalog: received.catalog, video: video.reader, audio: audio.reader },
    file.writable,
    { format: "mkv" },
  );
  const sending = async (): Promise<void> => {
    await Promise.all([raw.hasBegun, video.hasBegun, audio.hasBegun]);
    relayed.clock.open();
    assert.equal(await done, undefined);
  };
  const [payloads] = await Promise.all([raw.payloads, writing, sending()]);
  await received.close();
  media.close();
  return payloads;
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [kind, name, row] of ROWS) {
  for (const [index, extension] of row.files.entries()) {
    const { codec = row.codec, isInBand = false } = row.others?.[extension] ??
      {};
    const container = index % 2 === 0 ? "legacy" : "loc";
    ffmpegTest(
      `codecs: ${name} from .${extension} in ${container}, unchanged`,
      () =>
        inFolder(async (folder) => {
          const source = `${folder}/source.${extension}`;
          const copy = `${folder}/copy.mkv`;
          await encode(source, { kind, row });
          const media = await openMedia(await Deno.readFile(source));
          const { config } = media.tracks[0]!;
          assert.match(config.codec, codec);
          if (row.description && !(isInBand && kind === "video")) {
            assert.match(config.description ?? "", row.description);
          } else assert.equal(config.description, undefined);
          await relay(media, { container, copy });
          if (!row.isConverted && !isInBand) {
            return await assertSamePackets(copy, source);
          }
          assert.deepEqual(
            await decodedHashes(copy, kind),
            await decodedHashes(source, kind),
          );
        }),
    );
  }

  if (!row.files.includes("mp4")) continue;
  ffmpegTest(
    `codecs: ${name} as fragments, byte for byte`,
    () =>
      inFolder(async (folder) => {
        const source = `${folder}/source.mp4`;
        const copy = `${folder}/copy.mkv`;
        const args = [
          ...["-movflags", FRAGMENTS],
          ...(kind === "audio" ? ["-frag_duration", "200000"] : []),
        ];
        await encode(source, { kind, row, args });
        const bytes = await Deno.readFile(source);
        const [fragments = []] = fragmentsOf(bytes).values();
        assert.ok(fragments.length >= 4, `${fragments.length} fragments`);
        const media = await openFragments(new Blob([bytes]).stream());
        assert.match(media.tracks[0]!.config.codec, row.codec);
        const payloads = await relay(media, { container: "legacy", copy });
        assert.equal(payloads.length, fragments.length);
        for (const [at, fragment] of fragments.entries()) {
          assert.ok(
            Buffer.compare(fragment, payloads[at]!) === 0,
            `fragment ${at} differs`,
          );
        }
        await assertSamePackets(copy, source);
      }),
  );
}

ffmpegTest(
  "codecs: MPEG audio layer II from .ts is called mp2",
  () =>
    inFolder(async (folder) => {
      const source = `${folder}/source.ts`;
      const row: Row = { encoder: ["mp2"], files: [], codec: /^mp2$/ };
      await encode(source, { kind: "audio", row });
      const media = await openMedia(await Deno.readFile(source));
      assert.match(media.tracks[0]!.config.codec, row.codec);
      const audio = {
        config: media.tracks[0]!.config as AudioConfig,
        samples: async function* () {},
      };
      await assert.rejects(
        writeMedia(
          { catalog: {}, video: undefined, audio },
          new WritableStream(),
        ),
        { code: "unsupported", message: /takes \(.*mp3.*\), got mp2$/ },
      );
      media.close();
    }),
);
