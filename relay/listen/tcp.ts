/**
 * One TCP port for HTTP and WebSocket, with TLS or without.
 *
 * @module
 */
import { type Clock, type Logger, sleep } from "@moq-deno/lite";
import type { Certificate } from "../certs.ts";
import { formatAddress } from "../config/rules.ts";
import type { Address } from "../config/values.ts";
import { cannotListen } from "./cannot_listen.ts";
import type { HttpRequests } from "./requests.ts";

/** Options of {@linkcode listenTcp}. */
interface ListenTcpOptions {
  /** Answers what arrives. */
  readonly requests: HttpRequests;
  /** Where; port 0 for any. */
  readonly address: Address;
  /** The setting to change when that cannot be had. */
  readonly flag: string;
  /** TLS with this; absent: none. */
  readonly certificate?: Certificate | undefined;
  readonly clock: Clock;
  /** Hears of bugs, and of a port that had to be opened again. */
  readonly log: Logger;
}

/** A bound TCP port. */
export interface TcpListener {
  /** The address it is bound to. */
  readonly address: Address;
  /**
   * Uses another certificate. The runtime ends every connection of the port for
   * that, and peers come again. Rejects when the port cannot be opened with it;
   * the port then comes back with the certificate before.
   */
  reload(certificate: Certificate): Promise<void>;
  /** Ends it and all of its connections. */
  close(): Promise<void>;
}

const REOPEN_MS = 1000;

/** Binds a TCP port; throws `ConfigError` when it cannot be had. */
export function listenTcp(options: ListenTcpOptions): TcpListener {
  return new TcpPort(options);
}

class TcpPort implements TcpListener {
  readonly address: Address;
  readonly #options: ListenTcpOptions;
  readonly #closing = new AbortController();
  #certificate: Certificate | undefined;
  #running: Running;

  constructor(options: ListenTcpOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
    this.#running = this.#start(options.address);
    const { hostname, port } = this.#running.server.addr;
    this.address = { hostname, port };
  }

  async reload(certificate: Certificate): Promise<void> {
    const before = this.#certificate;
    this.#certificate = certificate;
    await this.#running.stop();
    try {
      this.#running = this.#start(this.address);
    } catch (error) {
      this.#certificate = before;
      void this.#reopen(); // Never rejects.
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running.stop();
  }

  #start({ hostname, port }: Address): Running {
    const { log, flag, requests } = this.#options;
    const certificate = this.#certificate;
    const stopped = new AbortController();
    try {
      const server = Deno.serve(
        {
          hostname,
          port,
          signal: stopped.signal,
          ...(certificate && { cert: certificate.cert, key: certificate.key }),
          onListen: () => {}, // what is listened on is told by whoever asked for it
          onError(error) {
            log.error?.("request failed", { error });
            return new Response("Internal error\n", { status: 500 });
          },
        },
        (request, { remoteAddr }) =>
          requests.answer(request, formatAddress(remoteAddr)),
      );
      // Resolves when it was stopped, and with an error when the runtime gave the port up.
      const failure = server.finished.then(() => undefined, asError);
      void this.#reopenAfter(failure); // Never rejects.
      const stop = async (): Promise<void> => {
        stopped.abort();
        await failure;
      };
      return { server, stop };
    } catch (cause) {
      throw cannotListen(`TCP ${formatAddress({ hostname, port })}`, {
        flag,
        cause,
      });
    }
  }

  /** The runtime gives a port up when it cannot accept, for want of file descriptors above all. Only what ends the connections there are frees any. */
  async #reopenAfter(failure: Promise<Error | undefined>): Promise<void> {
    const error = await failure;
    if (!error || this.#closing.signal.aborted) return;
    this.#options.log.error?.(
      "TCP port failed and is opened again, its connections end",
      { address: formatAddress(this.address), error },
    );
    await this.#running.stop();
    await this.#reopen();
  }

  /** Opens the port as soon as the system allows it; never rejects. */
  async #reopen(): Promise<void> {
    const { log, clock } = this.#options;
    const address = formatAddress(this.address);
    while (!this.#closing.signal.aborted) {
      try {
        this.#running = this.#start(this.address);
        return;
      } catch (error) {
        log.debug?.("TCP port cannot be opened yet", { address, error });
      }
      await sleep(clock, REOPEN_MS, this.#closing.signal)
        .catch(() => {
          // Closed meanwhile, which the loop sees.
        });
    }
  }
}

interface Running {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  /** Ends the port with its connections; never rejects. */
  readonly stop: () => Promise<void>;
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
