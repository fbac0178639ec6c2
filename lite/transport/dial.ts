/**
 * Connects to a relay from a page: with WebTransport first, and with WebSocket
 * if UDP or WebTransport does not work.
 *
 * @module
 */
import { asMoqError, MoqError } from "../error.ts";
import { aborted, linked, type LinkedController } from "../signal.ts";
import { type Clock, deadline, systemClock } from "../time.ts";
import { fetchCertificateHash } from "./certificate_hash.ts";
import type { Transport } from "./transport.ts";
import { connectWebSocket } from "./websocket.ts";
import { connectBrowserWebTransport } from "./webtransport.ts";

/** Options of {@linkcode dialWeb}. */
export interface DialWebOptions {
  /** Application protocols to offer, in order of preference. */
  readonly protocols: readonly string[];
  /** SHA-256 of the only certificates to trust, for WebTransport. */
  readonly serverCertificateHashes?:
    | readonly Uint8Array<ArrayBuffer>[]
    | undefined;
  /** Head start of the first attempt, in milliseconds; `Infinity` disables WebSocket. Default 500. */
  readonly webSocketDelayMs?: number | undefined;
  /** Gives WebSocket the head start, for example after WebTransport stopped delivering streams. */
  readonly webSocketFirst?: boolean | undefined;
  /** Whether to try WebTransport. Default `true`. */
  readonly webTransport?: boolean | undefined;
  /** Aborts the attempt. */
  readonly signal?: AbortSignal | undefined;
  /** Timers; the system's by default. */
  readonly clock?: Clock | undefined;
}

const WEB_SOCKET_DELAY_MS = 500;
const MANY_HOSTS = 64;

// Hosts where WebSocket was faster last time: WebTransport gets no head start there.
const webSocketHosts: Set<string> = new Set();

/**
 * Connects to an `https:` or `http:` URL with WebTransport or WebSocket: the
 * first to answer is used, the other is closed. `http:` is for development: it
 * pins the certificate whose hash the relay publishes at `/certificate.sha256`,
 * fetched at every call. Throws `MoqError("transport")` if neither works and
 * `signal.reason` on abort.
 */
export async function dialWeb(
  url: URL,
  options: DialWebOptions,
): Promise<Transport> {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TypeError(`Expected an https: or http: URL, got ${url.protocol}`);
  }
  options.signal?.throwIfAborted();
  return await new Race(url, options).run();
}

class Race {
  readonly #url: URL;
  readonly #options: DialWebOptions;
  readonly #over: LinkedController;
  readonly #failures: MoqError[] = [];
  readonly #webTransportFailed = new AbortController();
  readonly #webSocketFailed = new AbortController();
  #winner: Transport | undefined;

  constructor(url: URL, options: DialWebOptions) {
    this.#url = url;
    this.#options = options;
    this.#over = linked(options.signal);
  }

  async run(): Promise<Transport> {
    await Promise.all([
      this.#enter("webtransport", this.#overWebTransport()),
      this.#enter("websocket", this.#overWebSocket()),
    ]);
    this.#over.release();
    if (this.#winner) return this.#winner;
    this.#options.signal?.throwIfAborted();
    const reasons = this.#failures.map(({ message }) => message).join("; ");
    throw new MoqError(
      "transport",
      `Cannot connect to ${this.#url.host}: ${reasons}`,
      { cause: this.#failures[0] },
    );
  }

  /** The first to connect wins and ends the race; a later one is closed. */
  async #enter(
    name: "webtransport" | "websocket",
    attempt: Promise<Transport | undefined>,
  ): Promise<void> {
    try {
      const transport = await attempt;
      if (!transport) return;
      if (this.#winner) return transport.close(0, "");
      this.#winner = transport;
      this.#over.abort();
      remember(this.#url.host, name === "websocket");
    } catch (error) {
      this.#failures.push(asMoqError(error, "transport"));
      const failed = name === "webtransport"
        ? this.#webTransportFailed
        : this.#webSocketFailed;
      failed.abort();
    }
  }

  async #overWebTransport(): Promise<Transport | undefined> {
    const { protocols, webTransport = true, clock } = this.#options;
    const { signal } = this.#over;
    if (!webTransport) {
      throw new MoqError("unsupported", "WebTransport is disabled");
    }
    if (!("WebTransport" in globalThis)) {
      throw new MoqError("unsupported", "WebTransport is not available here");
    }
    if (this.#isWebSocketFirst) {
      const { webSocketDelayMs = WEB_SOCKET_DELAY_MS } = this.#options;
      await this.#headStart(webSocketDelayMs, this.#webSocketFailed.signal);
      if (signal.aborted) return undefined;
    }
    const target = new URL(this.#url);
    target.protocol = "https:";
    const transport = await connectBrowserWebTransport(target, {
      protocols,
      serverCertificateHashes: await this.#hashes(),
      signal,
      clock,
    });
    if (transport.protocol) return transport;
    // Without a subprotocol the draft is unknown; WebSocket always has one.
    transport.close(0, "");
    throw new MoqError(
      "version",
      "Server accepted none of the WebTransport protocols offered",
    );
  }

  async #hashes(): Promise<readonly Uint8Array<ArrayBuffer>[] | undefined> {
    const { serverCertificateHashes } = this.#options;
    if (serverCertificateHashes || this.#url.protocol === "https:") {
      return serverCertificateHashes;
    }
    return [await fetchCertificateHash(this.#url, this.#over.signal)];
  }

  async #overWebSocket(): Promise<Transport | undefined> {
    const { protocols, clock } = this.#options;
    const { webSocketDelayMs = WEB_SOCKET_DELAY_MS } = this.#options;
    const { signal } = this.#over;
    if (webSocketDelayMs === Infinity) return undefined;
    if (!this.#isWebSocketFirst && !webSocketHosts.has(this.#url.host)) {
      await this.#headStart(webSocketDelayMs, this.#webTransportFailed.signal);
    }
    if (signal.aborted) return undefined;
    return await connectWebSocket(this.#url, { protocols, signal, clock });
  }

  get #isWebSocketFirst(): boolean {
    const { webSocketFirst = false, webSocketDelayMs } = this.#options;
    return webSocketFirst && webSocketDelayMs !== Infinity;
  }

  /** Waits for `ms`, for the other to fail, or for the end of the race. */
  async #headStart(ms: number, otherFailed: AbortSignal): Promise<void> {
    const { clock = systemClock } = this.#options;
    const ends = AbortSignal.any([otherFailed, this.#over.signal]);
    const wait = deadline(clock, ms, ends);
    await aborted(wait.signal);
    wait.clear();
  }
}

function remember(host: string, isWebSocket: boolean): void {
  webSocketHosts.delete(host);
  if (!isWebSocket) return;
  webSocketHosts.add(host);
  const [oldest] = webSocketHosts;
  if (webSocketHosts.size > MANY_HOSTS && oldest) webSocketHosts.delete(oldest);
}
