/**
 * HLS over HTTP: requests in, playlists and segments out. It opens no port, so
 * that any server can call it.
 *
 * @module
 */
import { type Clock, MoqError, systemClock } from "@moq-deno/lite";
import { deadline } from "@moq-deno/lite/internal";
import { writeMultivariant } from "./playlist.ts";
import { bandwidthOf, type HlsRendition, type HlsSource } from "./rendition.ts";

// Players give up on a playlist after 10 s or later.
const WAIT_MS = 9000;

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
const METHODS = "GET, HEAD, OPTIONS";

/** Answers requests below a root: `/master.m3u8`, `/video/NAME/media.m3u8` and what these name. */
export class HlsServer {
  readonly #source: HlsSource;
  readonly #clock: Clock;

  /** Serves `source`, which stays the caller's. */
  constructor(
    source: HlsSource,
    { clock = systemClock }: { readonly clock?: Clock | undefined } = {},
  ) {
    this.#source = source;
    this.#clock = clock;
  }

  /** The answer to one request; never rejects. Pages of every origin may read it. */
  async answer(request: Request): Promise<Response> {
    if (request.method === "OPTIONS") return respond(204);
    if (request.method !== "GET" && request.method !== "HEAD") {
      return respond(405, { text: `Expected ${METHODS}` });
    }
    const wait = deadline(this.#clock, WAIT_MS);
    try {
      const path = pathOf(request.url);
      const response = path && await this.#find(path, wait.signal);
      return response ?? respond(404, { text: "Expected /master.m3u8" });
    } catch (error) {
      if (wait.signal.aborted) {
        return respond(503, { text: "No media yet, try again" });
      }
      const message = error instanceof MoqError ? error.message : "Failed";
      return respond(500, { text: message });
    } finally {
      wait.clear();
    }
  }

  async #find(
    path: readonly string[],
    signal: AbortSignal,
  ): Promise<Response | undefined> {
    const [kind, name, file, extra] = path;
    if (kind === "master.m3u8" && name === undefined) {
      return playlist(masterOf(await this.#source.renditions(signal)));
    }
    if (file === undefined || extra !== undefined) return undefined;
    const all = await this.#source.renditions(signal);
    const rendition = all.find((one) => one.kind === kind && one.name === name);
    return rendition && await fileOf(rendition, { file, signal });
  }
}

function pathOf(url: string): readonly string[] | undefined {
  try {
    return new URL(url).pathname.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return undefined; // a percent sign that encodes nothing
  }
}

function masterOf(renditions: readonly HlsRendition[]): string {
  return writeMultivariant(renditions.map((rendition) => ({
    name: rendition.name,
    uri: `${rendition.kind}/${encodeURIComponent(rendition.name)}/media.m3u8`,
    config: rendition.config,
    bandwidthBps: bandwidthOf(rendition),
  })));
}

async function fileOf(
  rendition: HlsRendition,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal },
): Promise<Response | undefined> {
  if (file === "media.m3u8") {
    const text = await rendition.playlist(signal);
    return text === undefined
      ? respond(503, { text: "No media yet, try again" })
      : playlist(text);
  }
  const init = /^init-(\d{1,9})\.mp4$/.exec(file)?.[1];
  const segment = /^(\d{1,9})\.m4s$/.exec(file)?.[1];
  const bytes = init !== undefined
    ? await rendition.init(Number(init))
    : segment !== undefined
    ? await rendition.segment(Number(segment))
    : undefined;
  return bytes && respond(200, {
    body: bytes,
    type: `${rendition.kind}/mp4`,
    cache: "max-age=3600",
  });
}

function playlist(text: string): Response {
  return respond(200, { text, type: PLAYLIST_TYPE, cache: "no-cache" });
}

interface Answer {
  readonly text?: string;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly type?: string;
  readonly cache?: string;
}

function respond(
  status: number,
  { text, body, type = "text/plain", cache = "no-store" }: Answer = {},
): Response {
  const headers = new Headers({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": METHODS,
    "access-control-allow-headers": "range",
    "cache-control": cache,
  });
  if (status === 503) headers.set("retry-after", "1");
  const content = text === undefined ? body : text;
  if (content !== undefined) headers.set("content-type", type);
  return new Response(content ?? null, { status, headers });
}
