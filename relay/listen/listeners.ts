/**
 * All the ports of a relay, as the settings ask for them.
 *
 * @module
 */
import type { Logger } from "@moq-deno/lite";
import { listenQuic, type QuicListener } from "@moq-deno/lite/deno";
import { Inbox, Tasks } from "@moq-deno/lite/internal";
import type { IncomingPeer } from "../auth/auth.ts";
import type { Certificate } from "../certs.ts";
import { type Config, DEFAULT_PORT } from "../config/settings.ts";
import { formatAddress } from "../config/rules.ts";
import type { Address } from "../config/values.ts";
import type { HttpOptions } from "../http.ts";
import type { HandshakeCounts } from "../metrics/metrics.ts";
import { requestGate } from "../limits.ts";
import { cannotListen, isPortInUse } from "./cannot_listen.ts";
import { runQuic } from "./quic.ts";
import { HttpRequests } from "./requests.ts";
import { listenTcp, type TcpListener } from "./tcp.ts";

/** Options of {@linkcode openListeners}. */
interface ListenersOptions {
  /** For QUIC and WebTransport. */
  readonly certificate: Certificate;
  /** For HTTPS, where the settings ask for it. */
  readonly webCertificate: Certificate | undefined;
  /** The names of the drafts, best first. */
  readonly protocols: readonly string[];
  /** What HTTP answers. */
  readonly http: HttpOptions;
  /** Whether loopback is listened on where the settings name no address. Default yes. */
  readonly opensLoopback?: boolean | undefined;
  /** Where messages go. */
  readonly log: Logger;
}

const LOOPBACK: readonly Address[] = [
  { hostname: "127.0.0.1", port: DEFAULT_PORT },
  { hostname: "::1", port: DEFAULT_PORT },
];

const MAX_TRIES = 5;

interface Pair {
  readonly quic: QuicListener;
  readonly plain: TcpListener | undefined;
}

/** Binds every port that `config` asks for; throws `ConfigError` when one cannot be had. */
export async function openListeners(
  config: Config,
  options: ListenersOptions,
): Promise<Listeners> {
  const listeners = new Listeners(config, options);
  try {
    listeners.open();
    return listeners;
  } catch (error) {
    await listeners.close();
    throw error;
  }
}

/** Bound ports; use {@linkcode openListeners}. */
export class Listeners {
  /** Peers of all ports as they come, for one reader. */
  readonly incoming: Inbox<IncomingPeer> = new Inbox();
  /** Answers what arrives over HTTP, on these ports or another server's. */
  readonly requests: HttpRequests;
  readonly #config: Config;
  readonly #options: ListenersOptions;
  readonly #quic: QuicListener[] = [];
  readonly #plain: TcpListener[] = [];
  readonly #tasks = new Tasks((_name, error) =>
    this.#options.log.error?.("listener failed, restart the relay", { error })
  );
  #https: TcpListener | undefined;

  /** Nothing is bound yet. */
  constructor(config: Config, options: ListenersOptions) {
    this.#config = config;
    this.#options = options;
    this.requests = new HttpRequests({
      queue: this.incoming,
      protocols: config["web.ws"] ? options.protocols : undefined,
      tuning: {
        parameters: {
          maxStreamsBidi: config["quic.max_requests"],
          maxStreamsUni: config["quic.max_streams"],
        },
      },
      http: options.http,
      upgrades: requestGate(config),
    });
  }

  /** Where QUIC and WebTransport are listened for. */
  get addresses(): readonly Address[] {
    return this.#quic.map(({ addr: { hostname, port } }) => ({
      hostname,
      port,
    }));
  }

  /** QUIC handshakes of all ports. */
  get handshakes(): HandshakeCounts {
    const counts = { underway: 0, complete: 0, failed: 0, ignored: 0 };
    for (const { handshakes } of this.#quic) {
      counts.underway += handshakes.underway;
      counts.complete += handshakes.complete;
      counts.failed += handshakes.failed;
      counts.ignored += handshakes.ignored;
    }
    return counts;
  }

  /** Where HTTP is listened for. */
  get httpAddresses(): readonly Address[] {
    return this.#plain.map(({ address }) => address);
  }

  /** Where HTTPS is listened for, if at all. */
  get httpsAddress(): Address | undefined {
    return this.#https?.address;
  }

  /** Binds everything; on a failure what was bound is left for `close`. */
  open(): void {
    const wanted = this.#config["listen.bind"];
    for (const address of wanted) this.#bind(address);
    const { opensLoopback = true } = this.#options;
    if (wanted.length === 0 && opensLoopback) this.#bindLoopback();
    const http = this.#config["web.http.listen"];
    if (http) this.#plain.push(this.#bindTcp(http, "--web-http-listen"));
    const https = this.#config["web.https.listen"];
    if (https) this.#https = this.#bindTcp(https, "--web-https-listen");
  }

  /** Uses another certificate for new QUIC connections; those there stay. Throws `MoqError` and keeps the old one. */
  reload(certificate: Certificate): void {
    for (const listener of this.#quic) listener.reload(certificate);
  }

  /** Uses another certificate for HTTPS, which ends the connections of that port. */
  async reloadHttps(certificate: Certificate): Promise<void> {
    await this.#https?.reload(certificate);
  }

  /** Ends every port with its connections. */
  async close(): Promise<void> {
    this.incoming.end();
    for (const listener of this.#quic) listener.close();
    const tcp = this.#https ? [...this.#plain, this.#https] : this.#plain;
    await Promise.all(tcp.map((listener) => listener.close()));
  }

  #bindLoopback(): void {
    for (const address of LOOPBACK) {
      if (address.hostname === "::1" && !hasIpv6()) {
        this.#options.log.info?.("no IPv6 here, listening on IPv4 alone");
      } else {
        this.#bind(address);
      }
    }
  }

  #bind(address: Address): void {
    const { quic, plain } = this.#bindPair(address);
    this.#quic.push(quic);
    if (plain) this.#plain.push(plain);
    const peers = runQuic(quic, {
      ...this.#options,
      queue: this.incoming,
      timeoutMs: this.#config["listen.timeout"],
      maxWaiting: this.#config["limit.handshakes"],
    });
    this.#tasks.run("quic", peers);
  }

  /** One UDP port, and the same in TCP unless HTTP has one of its own. */
  #bindPair(address: Address): Pair {
    for (let tries = 1;; tries++) {
      const quic = this.#bindQuic(address);
      if (this.#config["web.http.listen"]) return { quic, plain: undefined };
      const { hostname, port } = quic.addr;
      try {
        return { quic, plain: this.#bindTcp({ hostname, port }, "--listen") };
      } catch (error) {
        quic.close();
        // The system chose a port that is free in UDP alone: let it choose again.
        const mayRetry = address.port === 0 && tries < MAX_TRIES;
        if (!mayRetry || !isPortInUse(error)) throw error;
      }
    }
  }

  #bindQuic({ hostname, port }: Address): QuicListener {
    const config = this.#config;
    try {
      return listenQuic({
        hostname: hostname === "" ? everyInterface() : hostname,
        port,
        cert: this.#options.certificate.cert,
        key: this.#options.certificate.key,
        alpn: ["h3", ...this.#options.protocols],
        maxIdleTimeoutMs: config["quic.idle_timeout"],
        keepAliveMs: config["quic.keep_alive"],
        maxUniStreams: config["quic.max_streams"],
        handshakeTimeoutMs: config["listen.timeout"],
        maxHandshakes: config["limit.handshakes"],
        maxBidiStreams: config["quic.max_requests"],
        log: this.#options.log,
      });
    } catch (cause) {
      const what = `UDP ${formatAddress({ hostname, port })}`;
      throw cannotListen(what, { flag: "--listen", cause });
    }
  }

  #bindTcp({ hostname, port }: Address, flag: string): TcpListener {
    const { http, log, webCertificate } = this.#options;
    return listenTcp({
      requests: this.requests,
      address: {
        hostname: hostname === "" ? everyInterface() : hostname,
        port,
      },
      flag,
      certificate: flag === "--web-https-listen" ? webCertificate : undefined,
      clock: http.clock,
      log,
    });
  }
}

/** `::` is IPv4 too, where there is IPv6. */
function everyInterface(): string {
  return hasIpv6() ? "::" : "0.0.0.0";
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    // Whatever stands against it: the same would stand against every other port.
    return false;
  }
}
