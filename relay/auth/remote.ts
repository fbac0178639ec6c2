/**
 * Other servers that are asked about access: by HTTPS, or by HTTP on this
 * machine, through a socket too, within a time and up to a size.
 *
 * @module
 */
import { type Clock, MoqError } from "@moq-deno/lite";
import { deadline } from "@moq-deno/lite/internal";

/** Longest wait for an answer, in milliseconds. */
export const REMOTE_TIMEOUT_MS = 10_000;

/** The close code that stands for "ask again later", HTTP's 502 among application codes. */
const UNAVAILABLE = 64 + 502;

/** The error for a peer when it cannot be known whether it may come in: it may not. */
export function unavailable(why: string, cause?: unknown): MoqError {
  return new MoqError("transport", `Access cannot be checked: ${why}`, {
    cause,
    remoteCode: UNAVAILABLE,
  });
}

/** What {@linkcode fetchText} got. */
interface RemoteText {
  /** The answer's status. */
  readonly status: number;
  /** Its headers. */
  readonly headers: Headers;
  /** Its body. */
  readonly text: string;
}

/** Options of {@linkcode fetchText}. */
interface FetchTextOptions {
  /** Most bytes of an answer. */
  readonly maxBytes: number;
  /** Times the wait. */
  readonly clock: Clock;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** A JSON text to post; absent: GET. */
  readonly json?: string | undefined;
  /** Fields to send along. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A connection through the socket that a `unix:` URL names; absent for others. */
function socketOf(url: URL): Deno.HttpClient | undefined {
  return url.protocol === "unix:"
    ? Deno.createHttpClient({
      proxy: { transport: "unix", path: decodeURIComponent(url.pathname) },
    })
    : undefined;
}

/** Asks `url` and reads the whole answer, whatever its status. Throws when none comes in time or it is too long. */
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
      // A server elsewhere must not send us, and what peers present, to another.
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
      throw new RangeError(`Expected at most ${maxBytes} bytes, got more`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
