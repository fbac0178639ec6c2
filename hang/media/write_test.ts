import assert from "node:assert/strict";
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

/** Times in seconds of the copy's packets by kind, when the clip's were moved by `shift`. */
async function written(
  format: "mp4" | "mkv",
  shift: (timestampUs: number) => number,
): Promise<Record<"video" | "audio", number[]>> {
  const media = await openMedia(await Deno.readFile(CLIP));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const [video, audio] = media.tracks;
  assert.ok(video?.kind === "video" && audio?.kind === "audio");
  await writeMedia(
    {
      catalog: {},
      video: readerOf(media, { config: video.config, shift }),
      audio: readerOf(media, { config: audio.config, shift }),
    },
    new WritableStream({ write: (chunk) => void chunks.push(chunk.slice()) }),
    { format },
  );
  media.close();
  const copy = await openMedia(await new Blob(chunks).bytes());
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
