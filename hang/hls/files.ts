/**
 * Where playlists and segments are fetched from.
 *
 * @module
 */
import { MoqError } from "@moq-deno/lite";
import { joinBytes, messageOf } from "@moq-deno/lite/internal";
import type { ByteRange } from "./playlist_lines.ts";

/** What to read of a file. */
export interface ReadFileOptions {
  /** A part; default all of it. */
  readonly range?: ByteRange | undefined;
  /** Refuse it when it is larger. */
  readonly maxBytes: number;
  /** The playlist that names it; none for what a person has named. */
  readonly referrer?: string | undefined;
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
  read(url: string, options: ReadFileOptions): Promise<ReadFile>;
}

/** What `playlist` names, read through `files`. */
export function filesNamedIn(playlist: string, files: HlsFiles): HlsFiles {
  return {
    read: (url, options) => files.read(url, { ...options, referrer: playlist }),
  };
}

/** Decides what may be fetched. */
interface FetchGuard {
  /** Resolves when `url` may be fetched, which `referrer` names or redirects to; throws why it may not. */
  check(url: string, referrer: string | undefined): Promise<void>;
}

// As browsers have it.
const MAX_REDIRECTS = 20;

/** Over HTTP, with what the runtime has. With a guard each redirect is asked for by itself, which browsers do not let a page do. */
export function webFiles(guard?: FetchGuard): HlsFiles {
  return {
    read: (url, options) => readWeb(url, { ...options, guard }),
  };
}

/** Over HTTP, whatever is named. */
export const WEB_FILES: HlsFiles = webFiles();

interface FetchOptions extends ReadFileOptions {
  readonly guard: FetchGuard | undefined;
}

/** The answer to a request, after the redirects that the guard allows. */
async function fetchGuarded(
  url: string,
  { guard, referrer, init }: Pick<FetchOptions, "guard" | "referrer"> & {
    readonly init: RequestInit;
  },
): Promise<{ readonly response: Response; readonly url: string }> {
  if (!guard) {
    const response = await fetch(url, init);
    return { response, url: response.url };
  }
  let [at, from] = [url, referrer];
  for (let left = MAX_REDIRECTS; left > 0; left--) {
    await guard.check(at, from);
    const response = await fetch(at, { ...init, redirect: "manual" });
    const location = response.headers.get("location");
    const isRedirect = response.status >= 300 && response.status < 400;
    if (!isRedirect || location === null) return { response, url: at };
    await response.body?.cancel();
    const next = URL.parse(location, at);
    if (!next || !/^https?:$/.test(next.protocol)) {
      throw new MoqError("remote", `Expected ${at}, it redirects nowhere`);
    }
    [at, from] = [next.href, at];
  }
  throw new MoqError("remote", `Expected ${url}, it redirects without end`);
}

async function readWeb(
  url: string,
  { range, maxBytes, signal, guard, referrer }: FetchOptions,
): Promise<ReadFile> {
  const headers = range
    ? { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }
    : undefined;
  try {
    const init = { ...(headers && { headers }), signal: signal ?? null };
    const { response, url: found } = await fetchGuarded(url, {
      guard,
      referrer,
      init,
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
    return { bytes, url: found };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MoqError) throw error;
    throw new MoqError(
      "transport",
      `Expected ${url}, got: ${messageOf(error)}`,
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
  return joinBytes(chunks);
}
