/**
 * Every media format that the Rust command line and ours share, in both directions
 * through our relay, and the catalogs that both write.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Catalog } from "@moq-deno/hang";
import { Feeder } from "../../media/feeder.ts";
import { output, probe } from "../../media/tools.ts";
import { Stage } from "./media.ts";

// Starts and ends other programs.
const UNSANITIZED = { sanitizeOps: false, sanitizeResources: false };

const H264 = "-c:v libx264 -preset ultrafast -g 25 -bf 0 -pix_fmt yuv420p";
const H265 =
  "-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0 -g 25 -pix_fmt yuv420p -tag:v hvc1";
const VP8 = "-c:v libvpx -deadline realtime -cpu-used 8 -g 25";
const VP9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25";
const AV1 = "-c:v libaom-av1 -usage realtime -cpu-used 8 -g 25";
const AAC = "-c:a aac";
const OPUS = "-c:a libopus";
const TS = "-c copy -f mpegts -pes_payload_size 0";
const LOOP = "-re -stream_loop -1 -i";
const FRAGMENTS =
  "-c copy -f mp4 -strict -2 -frag_duration 100000 -movflags cmaf+separate_moof+delay_moov+skip_trailer";

/** Packets per codec of a file whose first seconds decode without errors; its end may be cut. */
async function contents(file: string): Promise<Record<string, number>> {
  await output("ffmpeg", [
    ...["-xerror", "-t", "2", "-i", file],
    // Arrival times may coincide.
    ...["-fps_mode", "drop", "-f", "null", "-"],
  ]);
  return Object.fromEntries((await probe(file)).map((stream) => [
    stream.codec_name,
    Number(stream.nb_read_packets),
  ]));
}

async function assertContents(
  file: string,
  codecs: readonly string[],
): Promise<void> {
  const packets = await contents(file);
  assert.deepEqual(Object.keys(packets).sort(), [...codecs].sort());
  for (const [codec, count] of Object.entries(packets)) {
    assert.ok(count > 20, `${count} packets of ${codec} in ${file}`);
  }
}

interface Import {
  /** Format name in the Rust tool. */
  readonly format: string;
  /** ffmpeg arguments that encode the source. */
  readonly encode: string;
  /** ffmpeg arguments for the pipe. */
  readonly pipe: string;
  readonly codecs: readonly string[];
}

const IMPORTS: readonly Import[] = [
  {
    format: "avc3",
    encode: `-map 0:v ${H264}`,
    pipe: "-c copy -bsf:v h264_mp4toannexb -f h264",
    codecs: ["h264"],
  },
  {
    format: "ts",
    encode: `${H264} ${AAC}`,
    pipe: TS,
    codecs: ["h264", "aac"],
  },
  {
    format: "ts",
    encode: `${H265} ${AAC}`,
    pipe: TS,
    codecs: ["hevc", "aac"],
  },
  {
    format: "ts",
    encode: `${H264} -c:a ac3`,
    pipe: TS,
    codecs: ["h264", "ac3"],
  },
  {
    format: "ts",
    encode: `${H264} -c:a eac3`,
    pipe: TS,
    codecs: ["h264", "eac3"],
  },
  {
    format: "flv",
    encode: `${H264} ${AAC}`,
    pipe: "-c copy -f flv",
    codecs: ["h264", "aac"],
  },
  ...([
    [`${H264} ${AAC}`, ["h264", "aac"]],
    [`${H265} ${OPUS}`, ["hevc", "opus"]],
    [`${VP9} ${OPUS}`, ["vp9", "opus"]],
    [`${AV1} ${OPUS}`, ["av1", "opus"]],
    [`-map 0:v -map 1:a ${H264} -c:a flac -strict -2`, ["h264", "flac"]],
  ] as const).map(([encode, codecs]) => ({
    format: "fmp4",
    encode,
    pipe: FRAGMENTS,
    codecs,
  })),
];

for (const { format, encode, pipe, codecs } of IMPORTS) {
  Deno.test({
    name: `interop: moq import ${format} of ${
      codecs.join(" and ")
    }, hang subscribe`,
    ...UNSANITIZED,
    async fn() {
      await using stage = await Stage.open();
      const source = await stage.source("source.mp4", encode);
      await using _import = await stage.import(
        format,
        `${LOOP} ${source} ${pipe}`,
      );
      await assertContents(await stage.watch("copy.mp4"), codecs);
    },
  });
}

interface Export {
  /** ffmpeg arguments for what our tool publishes. */
  readonly encode: string;
  readonly args?: readonly string[];
  readonly codecs: readonly [video: string, audio: string];
  /** Format names in the Rust tool. */
  readonly formats: readonly string[];
}

const EXPORTS: readonly Export[] = [
  {
    encode: `${H264} ${AAC}`,
    codecs: ["h264", "aac"],
    formats: ["fmp4", "ts", "flv", "mkv", "h264"],
  },
  {
    encode: `${H264} ${AAC}`,
    args: ["--container", "loc"],
    codecs: ["h264", "aac"],
    formats: ["fmp4", "ts"],
  },
  {
    encode: `${H264} -c:a ac3`,
    codecs: ["h264", "ac3"],
    formats: ["ts"],
  },
  {
    encode: `${H265} ${AAC}`,
    codecs: ["hevc", "aac"],
    formats: ["fmp4", "ts", "mkv", "h265"],
  },
  {
    encode: `${VP8} ${OPUS}`,
    codecs: ["vp8", "opus"],
    formats: ["mkv"],
  },
  {
    encode: `${VP9} ${OPUS}`,
    codecs: ["vp9", "opus"],
    formats: ["fmp4", "mkv"],
  },
  {
    encode: `${AV1} ${OPUS}`,
    codecs: ["av1", "opus"],
    formats: ["fmp4", "mkv"],
  },
];

for (const { encode, args = [], codecs, formats } of EXPORTS) {
  const how = args.at(-1) ?? "legacy";
  Deno.test({
    name: `interop: hang publish of ${
      codecs.join(" and ")
    } in ${how}, moq export ${formats.join(", ")}`,
    ...UNSANITIZED,
    async fn() {
      await using stage = await Stage.open();
      const source = await stage.source("source.mkv", encode);
      await using _publisher = stage.hang("publish", [
        ...args,
        "--loop",
        source,
      ]);
      const files = await Promise.all(
        formats.map((format) => stage.export(`copy.${format}`, [format])),
      );
      for (const [index, file] of files.entries()) {
        const isVideoAlone = formats[index]!.startsWith("h26");
        await assertContents(file, isVideoAlone ? codecs.slice(0, 1) : codecs);
      }
    },
  });
}

Deno.test({
  // Its other formats do not accept fragments.
  name: "interop: hang publish of fragments, moq export fmp4",
  ...UNSANITIZED,
  async fn() {
    await using stage = await Stage.open();
    const source = await stage.source("source.mp4", `${H264} ${AAC}`);
    await using publisher = stage.hang("publish", ["--container", "cmaf", "-"]);
    await using _feeder = new Feeder(
      `${LOOP} ${source} ${FRAGMENTS}`,
      publisher,
    );
    const file = await stage.export("copy.mp4", ["fmp4"]);
    await assertContents(file, ["h264", "aac"]);
  },
});

Deno.test({
  name: "interop: hang reads the three catalogs of moq import alike",
  ...UNSANITIZED,
  async fn() {
    await using stage = await Stage.open();
    const source = await stage.source("source.mp4", `${H264} ${AAC}`);
    await using _import = await stage.import(
      "fmp4",
      `${LOOP} ${source} ${FRAGMENTS}`,
    );
    const read = async (form: string): Promise<Catalog> => {
      await using hang = stage.hang("catalog", ["--catalog", form]);
      return JSON.parse(await hang.result());
    };
    const [hang, hangz, msf] = await Promise.all(
      ["hang", "hangz", "msf"].map(read),
    );
    assert.deepEqual(hangz, hang);
    const names = (catalog: Catalog | undefined) => [
      Object.keys(catalog?.video?.renditions ?? {}),
      Object.keys(catalog?.audio?.renditions ?? {}),
    ];
    assert.deepEqual(names(msf), names(hang));
    assert.deepEqual(names(hang).flat().length, 2);
  },
});

for (const form of ["hangz", "msf"]) {
  Deno.test({
    name: `interop: moq export reads the catalog ${form} that hang writes`,
    ...UNSANITIZED,
    async fn() {
      await using stage = await Stage.open();
      const source = await stage.source("source.mp4", `${H264} ${AAC}`);
      await using _publisher = stage.hang("publish", ["--loop", source]);
      const args = ["--catalog-format", form, "fmp4"];
      await assertContents(await stage.export("copy.mp4", args), [
        "h264",
        "aac",
      ]);
    },
  });
}
