import assert from "node:assert/strict";
import { BoxReader, splitBoxes } from "../container/boxes.ts";
import type { AudioConfig, VideoConfig } from "../catalog/catalog.ts";
import type { OrderedSample } from "../container/sample_order.ts";
import type { Media } from "./media.ts";
import { openMedia } from "./open.ts";
import { type SampleReader, writeMedia } from "./write.ts";

const CLIP = new URL("../../examples/demo/clip.mp4", import.meta.url);

/** Samples of a track as a subscription gives them, each moved by `shift`. */
function readerOf<Config extends VideoConfig | AudioConfig>(
  media: Media,
  { config, shift }: {
    readonly config: Config;
    readonly shift: (timestampUs: number) => number;
  },
): SampleReader<Config> {
  const track = media.tracks.find((one) => one.config === config)!;
  return {
    config,
    async *samples(): AsyncGenerator<OrderedSample, void> {
      for await (const packet of track.packets()) {
        const timestampUs = shift(packet.timestampUs);
        yield { ...packet, timestampUs, group: 0 };
      }
    },
  };
}

type Shift = (timestampUs: number) => number;

/** The clip as a file, with the times of its pictures and sounds changed. */
async function writtenFile(
  format: "mp4" | "mkv",
  [shift, shiftSound]: readonly [Shift, Shift],
): Promise<Uint8Array> {
  const media = await openMedia(await Deno.readFile(CLIP));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const [video, audio] = media.tracks;
  assert.ok(video?.kind === "video" && audio?.kind === "audio");
  await writeMedia(
    {
      catalog: {},
      video: readerOf(media, { config: video.config, shift }),
      audio: readerOf(media, { config: audio.config, shift: shiftSound }),
    },
    new WritableStream({ write: (chunk) => void chunks.push(chunk.slice()) }),
    { format },
  );
  media.close();
  return await new Blob(chunks).bytes();
}

/** Times of the copy's packets by kind, when the clip's were moved by `shift`. */
async function written(
  format: "mp4" | "mkv",
  shift: Shift,
  shiftSound: Shift = shift,
): Promise<Record<"video" | "audio", number[]>> {
  const file = await writtenFile(format, [shift, shiftSound]);
  const copy = await openMedia(file);
  const times: Record<"video" | "audio", number[]> = { video: [], audio: [] };
  for (const { kind, packets } of copy.tracks) {
    for await (const one of packets()) times[kind].push(one.timestampUs);
  }
  copy.close();
  return times;
}

function assertGrows(timesUs: readonly number[], count: number): void {
  assert.equal(timesUs.length, count);
  for (const [index, us] of timesUs.entries()) {
    assert.ok(index === 0 || us > timesUs[index - 1]!, `${us} at ${index}`);
  }
}

const AT_US = 5_000_000; // a keyframe of the clip

for (const format of ["mp4", "mkv"] as const) {
  Deno.test(`writeMedia: a picture that overlaps does not end the ${format}`, async () => {
    const { video, audio } = await written(
      format,
      (us) => us < AT_US ? us : us - 49_000,
    );
    assertGrows(video, 300);
    assertGrows(audio, 469);
  });

  Deno.test(`writeMedia: a clock that starts again goes on in the ${format}`, async () => {
    const { video, audio } = await written(
      format,
      (us) => us < AT_US ? us : us - AT_US,
    );
    assertGrows(video, 300);
    assertGrows(audio, 469);
    assert.ok(Math.abs(video.at(-1)! - 9_966_667) < 50_000, `${video.at(-1)}`);
    assert.ok(Math.abs(audio.at(-1)! - video.at(-1)!) < 100_000);
  });
}

const GROUP = 30;
const FIRST_US = 21_333; // its sound begins earlier

/** Times as if two of three pictures in the clip were B-frames. */
function reordered(timestampUs: number): number {
  const index = Math.round((timestampUs - FIRST_US) * 3 / 100_000);
  const place = index % GROUP;
  const moved = place === 0 || place > 27 ? 0 : place % 3 === 1 ? 2 : -1;
  return Math.round((index + moved) * 100_000 / 3);
}

/** How much later than decoded the samples of all runs are shown, in ticks. */
function shownOffsets(file: Uint8Array): number[] {
  const offsets: number[] = [];
  for (const moof of splitBoxes(file)) {
    if (moof.type !== "moof") continue;
    for (const traf of splitBoxes(moof.body)) {
      if (traf.type !== "traf") continue;
      const run = splitBoxes(traf.body).find(({ type }) => type === "trun")!;
      const reader = new BoxReader(run.body, "trun");
      const { flags } = reader.versionAndFlags();
      const count = reader.u32();
      reader.skip((flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0));
      for (let n = 0; n < count; n++) {
        for (const field of [0x100, 0x200, 0x400]) {
          if (flags & field) reader.skip(4);
        }
        offsets.push(flags & 0x800 ? reader.i32() : 0);
      }
    }
  }
  return offsets;
}

Deno.test("writeMedia: no picture of an mp4 is shown before it is decoded", async () => {
  const file = await writtenFile("mp4", [reordered, (us) => us]);
  const offsets = shownOffsets(file);
  assert.ok(offsets.length > 700, `${offsets.length}`);
  assert.ok(Math.min(...offsets) >= 0, `${Math.min(...offsets)}`);
});

Deno.test("writeMedia: B-frames leave picture and sound where they were", async () => {
  const { video, audio } = await written("mp4", reordered, (us) => us);
  const wanted = Array.from(
    { length: 300 },
    (_, n) => reordered(FIRST_US + Math.round(n * 100_000 / 3)),
  );
  for (const [index, us] of video.entries()) {
    assert.ok(Math.abs(us - wanted[index]!) < 1000, `${us} at ${index}`);
  }
  assert.ok(audio[0]! < 25_000, `${audio[0]}`);
});

for (const format of ["mp4", "mkv"] as const) {
  Deno.test(`writeMedia: a reader of the ${format} that goes away is one error`, async () => {
    const media = await openMedia(await Deno.readFile(CLIP));
    const [video] = media.tracks;
    assert.ok(video?.kind === "video");
    const shift: Shift = (us) => us;
    let bytes = 0;
    const file = new WritableStream<Uint8Array>({
      write(chunk) {
        bytes += chunk.byteLength;
        if (bytes > 100_000) throw new Error("Broken pipe");
      },
    });
    const written = writeMedia(
      {
        catalog: {},
        video: readerOf(media, { config: video.config, shift }),
        audio: undefined,
      },
      file,
      { format },
    );
    await assert.rejects(written, { message: /Broken pipe/ });
    media.close();
  });
}
