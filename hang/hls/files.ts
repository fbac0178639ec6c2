/**
 * Where playlists and segments are fetched from.
 *
 * @module
 */
import { asMoqError, MoqError } from "@moq-deno/lite";
import type { ByteRange } from "./playlist_lines.ts";

/** What to read of a file. */
export interface ReadOptions {
  /** A part; default all of it. */
  readonly range?: ByteRange | undefined;
  /** Refuse it when it is larger. */
  readonly maxBytes: number;
  /** Ends the wait by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What was read. */
export interface ReadFile {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where it was in the end, which is what relative URIs in it count from. */
  readonly url: string;
}

/** Reads what playlists name. */
export interface HlsFiles {
  /** The file at an absolute URL; throws `MoqError` that names it. */
  read(url: string, options: ReadOptions): Promise<ReadFile>;
}

/** Over HTTP, with what the runtime has. */
export const WEB_FILES: HlsFiles = { read: readWeb };

async function readWeb(
  url: string,
  { range, maxBytes, signal }: ReadOptions,
): Promise<ReadFile> {
  const headers = range
    ? { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }
    : undefined;
  try {
    const response = await fetch(url, {
      ...(headers && { headers }),
      signal: signal ?? null,
    });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new MoqError(
        response.status === 404 ? "not-found" : "remote",
        `Expected ${url}, the server answers ${response.status}`,
      );
    }
    const all = await readBounded(response.body, { url, maxBytes });
    // A server that knows no ranges sends all of it.
    const bytes = range && response.status !== 206
      ? all.slice(range.offset, range.offset + range.length)
      : all;
    return { bytes, url: response.url };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MoqError) throw error;
    throw new MoqError(
      "transport",
      `Expected ${url}, got: ${asMoqError(error).message}`,
      { cause: error },
    );
  }
}

async function readBounded(
  stream: ReadableStream<Uint8Array>,
  { url, maxBytes }: { readonly url: string; readonly maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
    if (size <= maxBytes) continue;
    await reader.cancel();
    throw new MoqError(
      "too-large",
      `Expected at most ${maxBytes} bytes in ${url}, got more`,
    );
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
