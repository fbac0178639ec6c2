/**
 * Media into a file or to standard output.
 *
 * @module
 */
import { type WritableMedia, writeMedia } from "../media/write.ts";
import { writeRaw } from "../media/write_raw.ts";
import { MEDIA_LOG } from "./media_log.ts";
import { duration } from "./terminal.ts";

/** Writes `media` to the file at `path`, `-` for standard output; returns what was written, in words. */
export async function writeTo(
  path: string,
  { media, format, signal }: {
    readonly media: WritableMedia;
    readonly format: "mp4" | "mkv" | "raw";
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const to = path === "-" ? Deno.stdout.writable : (await Deno.open(path, {
    create: true,
    truncate: true,
    write: true,
  })).writable;
  const { videoFrames, audioFrames, durationUs } = format === "raw"
    ? await writeRaw(media, to, { signal })
    : await writeMedia(media, to, { format, signal, log: MEDIA_LOG });
  return `${videoFrames} pictures, ${audioFrames} pieces of sound, ${
    duration(durationUs / 1e6)
  }`;
}
