/**
 * A segment with its init segment as media.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { joinBytes } from "@moq-deno/lite/internal";
import type { Media, MediaPacket, MediaTrack } from "../media/media.ts";
import { openMedia } from "../media/open.ts";
import type { HlsFiles } from "./files.ts";
import { readPackedAudio } from "./packed_audio.ts";
import type { MediaPart, ReadSegment } from "./read_playlist.ts";

const MAX_SEGMENT_BYTES = 64 << 20;
const MAX_INIT_BYTES = 1 << 20;

/** One track of a segment, all of it. */
interface SegmentTrack {
  /** Its rendition. */
  readonly track: MediaTrack;
  /** In decode order, with the timestamps of the media. */
  readonly packets: readonly MediaPacket[];
}

/** A segment, all of it. */
export interface SegmentMedia {
  /** What was read. */
  readonly tracks: readonly SegmentTrack[];
  /** One sentence for each track that was left out. */
  readonly skipped: readonly string[];
}

/** Reads segments and remembers the init segment, which most share. */
export class SegmentReader {
  readonly #files: HlsFiles;
  #map: { readonly key: string; readonly bytes: Uint8Array } | undefined;

  /** Reads from `files`. */
  constructor(files: HlsFiles) {
    this.#files = files;
  }

  /** The tracks of a segment; throws `MoqError` that names it. */
  async read(
    segment: ReadSegment,
    signal: AbortSignal,
  ): Promise<SegmentMedia> {
    if (segment.problem !== undefined) {
      throw new MoqError("unsupported", segment.problem);
    }
    const map = segment.map && await this.#init(segment.map, signal);
    const { url, range } = segment;
    const { bytes } = await this.#files.read(url, {
      range,
      maxBytes: MAX_SEGMENT_BYTES,
      signal,
    });
    const whole = map ? joinBytes([map, bytes]) : bytes;
    const packed = readPackedAudio(whole);
    const timeUs = packed?.timeUs ?? 0;
    let media: Media | undefined;
    try {
      const file = packed?.frames ?? whole;
      media = await openMedia(file, { keepsTimes: true, signal });
      const tracks: SegmentTrack[] = [];
      for (const track of media.tracks) {
        const packets = await Array.fromAsync(
          track.packets(signal),
          (one) => ({ ...one, timestampUs: one.timestampUs + timeUs }),
        );
        // They are views of the whole segment, which has to stay for as long as one of them does.
        tracks.push({ track, packets });
      }
      return { tracks, skipped: media.skipped };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MoqError)) throw error;
      throw new MoqError(error.code, `${url}: ${error.message}`, {
        cause: error,
      });
    } finally {
      media?.close();
    }
  }

  async #init(part: MediaPart, signal: AbortSignal): Promise<Uint8Array> {
    const key = JSON.stringify(part);
    if (this.#map?.key === key) return this.#map.bytes;
    const { bytes } = await this.#files.read(part.url, {
      range: part.range,
      maxBytes: MAX_INIT_BYTES,
      signal,
    });
    this.#map = { key, bytes };
    return bytes;
  }
}
