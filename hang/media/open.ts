/**
 * Opening media files: MP4 and fragmented MP4, QuickTime, Matroska and WebM,
 * MPEG-TS, MP3, Ogg, ADTS, FLAC and WAVE.
 *
 * @module
 */
import type { OpenMediaOptions } from "./open_options.ts";
import { MoqError, systemClock } from "@moq-deno/lite";
import { abortable, SILENT } from "@moq-deno/lite/internal";
import { UnsupportedInputFormatError } from "mediabunny";
import { explain } from "./diagnose.ts";
import type { Media } from "./media.ts";
import { GRACE_MS, MediaFile, type MediaFileOptions } from "./media_file.ts";
import { isMatroska, repairedMatroska } from "./mkv_repair.ts";
import { MatroskaRepair } from "./mkv_repair_stream.ts";
import { subtitlesOf } from "./mkv_tracks.ts";
import { checkedMp4, checkMp4, isMp4 } from "./mp4_tables.ts";
import {
  type MediaSource,
  peek,
  type RandomAccess,
  randomAccessOf,
  streamOf,
} from "./source.ts";
import { openTs } from "./ts/open_ts.ts";
import { findPackets, PROBE_BYTES } from "./ts/packets.ts";

// Matroska names its tracks within so many bytes.
const MKV_HEAD_BYTES = 16 << 10;

/**
 * Opens a media file; the caller closes it. Throws `MoqError("unsupported")` that names the format or codec that it
 * could not take, and `MoqError("decode")` for a file that is broken. A large file is read as its packets are.
 */
export async function openMedia(
  source: MediaSource,
  options: OpenMediaOptions = {},
): Promise<Media> {
  try {
    return await openAny(source, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw await explain(error, source);
  }
}

async function openAny(
  source: MediaSource,
  options: OpenMediaOptions,
): Promise<Media> {
  const { signal, log = SILENT, clock = systemClock } = options;
  const file = randomAccessOf(source);
  const { head, stream, rest } = file
    ? { head: await file.read(0, Math.min(file.size, PROBE_BYTES)) }
    : await peek(source as ReadableStream, { count: PROBE_BYTES, signal });
  if (stream && head.byteLength === 0) {
    throw new MoqError(
      "decode",
      "Expected media, got a stream that ended before its first byte",
    );
  }
  const layout = findPackets(head);
  if (!layout) {
    const isTabled = isMp4(head);
    const start = file
      ? await file.read(0, Math.min(file.size, MKV_HEAD_BYTES))
      : head;
    const others = [...subtitlesOf(start)];
    if (isTabled && file) {
      const hasFragments = source instanceof Uint8Array;
      await abortable(checkMp4(file, { hasFragments, others }), signal);
    }
    let checked: MediaSource = stream ?? source;
    if (isMatroska(start)) checked = await repair(file ?? stream!, options);
    else if (stream && isTabled) checked = checkedMp4(stream, { others });
    try {
      // The end of an MP4 may have boxes that are not read.
      const unread = isTabled ? undefined : rest;
      const media = await openFile(checked, { ...options, unread });
      media.skipped.push(...others);
      return media;
    } catch (error) {
      if (!stream || !(error instanceof UnsupportedInputFormatError)) {
        throw error;
      }
      throw new MoqError(
        "unsupported",
        `Expected MP4, Matroska, WebM, MPEG-TS or audio from its beginning, got a stream that begins with ${
          head.slice(0, 8).toHex()
        }; of these only MPEG-TS can be joined in the middle`,
        { cause: error },
      );
    }
  }
  return await openTs(() => stream ?? streamOf(file!), {
    layout,
    isRewindable: stream === undefined,
    keepsTimes: options.keepsTimes ?? false,
    graceMs: GRACE_MS,
    clock,
    log,
    signal,
  });
}

/** `source` without what is damaged in it. */
async function repair(
  source: RandomAccess | ReadableStream<Uint8Array>,
  { signal, log = SILENT }: OpenMediaOptions,
): Promise<MediaSource> {
  const say = (bytes: number): void =>
    log.warn?.("Matroska is damaged, and read on behind the damage", { bytes });
  if (source instanceof ReadableStream) {
    return source.pipeThrough(new MatroskaRepair(say));
  }
  return await abortable(repairedMatroska(source, say), signal);
}

async function openFile(
  source: MediaSource,
  options: MediaFileOptions,
): Promise<MediaFile> {
  const file = new MediaFile(source, options);
  try {
    await abortable(file.open(), options.signal);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
