/**
 * Playlists and segments from the network and from this machine.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { asMoqError, MoqError } from "@moq-deno/lite";
import {
  type HlsFiles,
  type ReadFile,
  type ReadOptions,
  WEB_FILES,
} from "../hls/files.ts";
import { openFileSource } from "./file_source.ts";

/** Whether `file`, as it stands on the command line, is a playlist and not media. */
export function isPlaylist(file: string): boolean {
  return /^https?:/.test(file) || /\.m3u8?$/i.test(file);
}

/** Where `file` is, a path or a URL. */
export function urlOfPlaylist(file: string): string {
  return /^https?:/.test(file) ? file : pathToFileURL(resolve(file)).href;
}

/** HTTP, and files for those playlists that are files themselves. */
export const FILES: HlsFiles = {
  read: (url, options) =>
    url.startsWith("file:")
      ? readFile(url, options)
      : WEB_FILES.read(url, options),
};

async function readFile(
  url: string,
  { range, maxBytes }: ReadOptions,
): Promise<ReadFile> {
  try {
    using file = await openFileSource(new URL(url));
    const start = range?.offset ?? 0;
    const end = range ? start + range.length : file.size;
    if (end > file.size || end - start > maxBytes) {
      throw new MoqError(
        "too-large",
        `Expected at most ${
          Math.min(maxBytes, file.size - start)
        } bytes in ${url}, got ${end - start}`,
      );
    }
    return { bytes: new Uint8Array(await file.read(start, end)), url };
  } catch (error) {
    if (error instanceof MoqError) throw error;
    const reason = asMoqError(error).message;
    throw new MoqError("not-found", `Expected ${url}, got: ${reason}`);
  }
}
