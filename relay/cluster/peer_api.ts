/**
 * A list of peers that another server maintains: a JSON array at a URL, fetched
 * according to HTTP caching.
 *
 * @module
 */
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import { messageOf } from "@moq-deno/lite/internal";
import { fetchText } from "../auth/remote.ts";
import { type ClusterPeer, parsePeers } from "./peer.ts";

/** Options of {@linkcode peersAtUrl}. */
interface PeerApiOptions {
  /** This relay's own URL, sent as `?node=`. */
  readonly node: string | undefined;
  readonly clock: Clock;
  /** Logs failures, each once. */
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const DEFAULT_AGE_MS = 30_000;
const AGE_BOUNDS_MS = [1000, 600_000] as const;
const RETRY_MS = 5000;
const MAX_BYTES = 1_000_000;

/** Each new version of the list. While the server fails or its answer is invalid, the last one stays in force. */
export async function* peersAtUrl(
  url: URL,
  options: PeerApiOptions,
): AsyncGenerator<readonly ClusterPeer[], void> {
  const api = new PeerApi(url, options);
  const { clock, signal, log } = options;
  let failure = "";
  while (!signal.aborted) {
    try {
      const peers = await api.ask(signal);
      failure = "";
      if (peers) yield peers;
    } catch (error) {
      if (signal.aborted) return;
      const reason = messageOf(error);
      if (reason !== failure) {
        log.error?.("list of peers not read, the last one stays", { reason });
      }
      failure = reason;
    }
    try {
      await sleep(clock, failure === "" ? api.ageMs : RETRY_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** The server and its last answer. */
class PeerApi {
  /** How long the last answer is fresh, in milliseconds. */
  ageMs = DEFAULT_AGE_MS;
  readonly #url: URL;
  readonly #clock: Clock;
  #etag: string | undefined;
  #text: string | undefined;

  constructor(url: URL, { node, clock }: PeerApiOptions) {
    this.#url = new URL(url);
    this.#clock = clock;
    if (node !== undefined) this.#url.searchParams.set("node", node);
  }

  /** The list if it has changed; throws without a valid answer. */
  async ask(signal: AbortSignal): Promise<readonly ClusterPeer[] | undefined> {
    const { status, headers, text } = await fetchText(this.#url, {
      maxBytes: MAX_BYTES,
      clock: this.#clock,
      signal,
      headers: this.#etag === undefined ? {} : { "if-none-match": this.#etag },
    });
    if (status !== 200 && status !== 304) {
      throw new TypeError(
        `The server of the list answered with status ${status}`,
      );
    }
    this.ageMs = ageOf(headers);
    if (status === 304 || text === this.#text) return undefined;
    const peers = parsePeers(text);
    this.#etag = headers.get("etag") ?? undefined;
    this.#text = text;
    return peers;
  }
}

function ageOf(headers: Headers): number {
  const control = headers.get("cache-control") ?? "";
  const [, seconds] = /\bmax-age=(\d{1,9})\b/.exec(control) ?? [];
  if (seconds === undefined) return DEFAULT_AGE_MS;
  const [least, most] = AGE_BOUNDS_MS;
  return Math.min(Math.max(Number(seconds) * 1000, least), most);
}
