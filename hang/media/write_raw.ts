/**
 * Writing received video as a plain H.264 or H.265 stream.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { abortable, asMoqError } from "@moq-deno/lite/internal";
import { descriptionOf } from "../container/cmaf_description.ts";
import { AnnexB } from "./annex_b.ts";
import type {
  WritableMedia,
  WriteMediaOptions,
  WrittenMedia,
} from "./write.ts";

/**
 * Writes the video of `media` to `file` as Annex B from its first keyframe until it ends, then closes `file`; aborts it
 * on failure. Throws `MoqError("unsupported")` for any codec but H.264 and H.265.
 */
export async function writeRaw(
  media: WritableMedia,
  file: WritableStream<Uint8Array>,
  { signal }: WriteMediaOptions = {},
): Promise<WrittenMedia> {
  const writer = file.getWriter();
  try {
    if (!media.video) {
      throw new MoqError("unsupported", "Expected video to write, got none");
    }
    const { config } = media.video;
    const raw = new AnnexB(config.codec, descriptionOf(config));
    let videoFrames = 0;
    let [firstUs, endUs] = [0, 0];
    for await (const sample of media.video.samples(signal)) {
      if (videoFrames === 0 && !sample.isKeyframe) continue;
      if (videoFrames++ === 0) firstUs = sample.timestampUs;
      endUs = Math.max(endUs, sample.timestampUs - firstUs);
      await abortable(writer.write(raw.sample(sample)), signal);
    }
    await abortable(writer.close(), signal);
    return { videoFrames, audioFrames: 0, durationUs: endUs };
  } catch (error) {
    // Not awaited: it waits for a write that may never end.
    writer.abort(error).catch(() => undefined);
    signal?.throwIfAborted();
    throw asMoqError(error);
  }
}
