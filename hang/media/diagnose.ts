/**
 * A sentence that says why a file could not be read.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { UnsupportedInputFormatError } from "mediabunny";
import type { Media } from "./media.ts";
import {
  type MediaSource,
  type RandomAccess,
  randomAccessOf,
} from "./source.ts";

const MAX_BOXES = 16;
const HEADER_BYTES = 8;
const BOX_TYPE = /^[\x20-\x7e]{4}$/;

/** The top-level boxes of an MP4 file, or else its first bytes. */
export async function diagnose(
  file: RandomAccess | undefined,
): Promise<string> {
  if (!file) return "a stream, which cannot be read again to say more";
  if (file.size === 0) return "an empty file";
  const boxes: string[] = [];
  for (let at = 0; at < file.size && boxes.length < MAX_BOXES;) {
    const header = await file.read(at, Math.min(at + HEADER_BYTES, file.size));
    const type = String.fromCharCode(...header.subarray(4));
    if (header.byteLength < HEADER_BYTES || !BOX_TYPE.test(type)) break;
    const size = new DataView(header.buffer, header.byteOffset).getUint32(0);
    const isCut = size === 1 || size === 0 ? false : at + size > file.size;
    boxes.push(isCut ? `${type} (cut short)` : type);
    if (size < HEADER_BYTES) break; // to the end of the file, or beyond 4 GiB
    at += size;
  }
  if (boxes.length > 0) return `boxes ${boxes.join(", ")}`;
  const first = await file.read(0, Math.min(HEADER_BYTES, file.size));
  return `a file that begins with ${first.slice().toHex()}`;
}

/** Why a file that has tracks has none that can be read. */
export function unknownCodecs(
  { format, skipped }: Pick<Media, "format" | "skipped">,
): MoqError {
  return new MoqError(
    "unsupported",
    `Expected ${format} with a known codec, got none: ${skipped.join("; ")}`,
  );
}

/** `error`, which came of reading `source`, with what was expected and what helps. */
export async function explain(
  error: unknown,
  source: MediaSource,
): Promise<MoqError> {
  if (error instanceof MoqError) return error;
  const isTooFarBack = messageOf(error).includes("already-evicted");
  if (source instanceof ReadableStream && isTooFarBack) {
    return new MoqError(
      "unsupported",
      "Expected a stream that can be read from its beginning to its end, got one that needs what lies more than 32 MiB back; " +
        "an MP4 with its index (moov) at the end is such a one: write it with its index first (ffmpeg: -movflags +faststart), or name the file instead of piping it",
      { cause: error },
    );
  }
  const clue = await diagnose(randomAccessOf(source));
  if (error instanceof UnsupportedInputFormatError) {
    return new MoqError(
      "unsupported",
      `Expected MP4, Matroska, WebM, MPEG-TS or audio, got ${clue}`,
      { cause: error },
    );
  }
  return new MoqError(
    "decode",
    `Expected a media file, got one that breaks off or is damaged (${clue}): ${
      wordsOf(error)
    }`,
    { cause: error },
  );
}

// The library's words for what its cache has dropped.

/** What `error` says, in one sentence. */
export function wordsOf(error: unknown): string {
  // What follows asks to report the file to the library's author.
  return messageOf(error).split(/\.(?:\s|$)|\n/)[0]!;
}
