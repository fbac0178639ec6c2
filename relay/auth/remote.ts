/**
 * Requests to servers that decide about access: over HTTPS, or over HTTP or a
 * Unix socket on this machine, with a timeout and a size limit.
 *
 * @module
 */
import { type Clock, MoqError } from "@moq-deno/lite";
import { deadline } from "@moq-deno/lite/internal";

/** Longest wait for an answer, in milliseconds. */
export const REMOTE_TIMEOUT_MS = 10_000;

/** Close code for "try again later": HTTP's 502 among the application codes. */
const UNAVAILABLE = 64 + 502;

/** The error for a peer whose access cannot be checked; it is refused. */
export function unavailable(why: string, cause?: unknown): MoqError {
  return new MoqError("transport", `Access cannot be checked: ${why}`, {
    cause,
    remoteCode: UNAVAILABLE,
  });
}

/** What {@linkcode fetchText} returns. */
interface RemoteText {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Options of {@linkcode fetchText}. */
interface FetchTextOptions {
  /** Longest answer, in bytes. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** JSON to POST; absent: GET. */
  readonly json?: string | undefined;
  /** Additional request headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A client for the socket that a `unix:` URL names; `undefined` for other URLs. */
function socketOf(url: URL): Deno.HttpClient | undefined {
  return url.protocol === "unix:"
    ? Deno.createHttpClient({
      proxy: { transport: "unix", path: decodeURIComponent(url.pathname) },
    })
    : undefined;
}

/** Requests `url` and reads the whole answer, whatever its status. Throws on a timeout or if it is too long. */
export async function fetchText(
  url: URL,
  { maxBytes, clock, signal, json, headers }: FetchTextOptions,
): Promise<RemoteText> {
  const limit = deadline(clock, REMOTE_TIMEOUT_MS, signal);
  const client = socketOf(url);
  try {
    const response = await fetch(client ? "http://localhost/" : url, {
      ...(client && { client }),
      signal: limit.signal,
      // A redirect must not send peers' credentials to another server.
      redirect: "manual",
      ...(headers && { headers }),
      ...(json !== undefined && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: json,
      }),
    });
    const text = await readBody(response, maxBytes);
    return { status: response.status, headers: response.headers, text };
  } finally {
    client?.close();
    limit.clear();
  }
}

async function readBody(
  { body }: Response,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new RangeError(`The answer is longer than ${maxBytes} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
