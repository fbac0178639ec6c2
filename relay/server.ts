/**
 * A relay with its certificate, its ports and its HTTP.
 *
 * @module
 */
import {
  type Clock,
  type Logger,
  type Origin,
  PROTOCOLS,
  type Session,
} from "@moq-deno/lite";
import { IN_BAND_ALPN } from "@moq-deno/lite/internal";
import type { Authorizer } from "./auth/auth.ts";
import { type Access, fixedAccess, openAccess } from "./auth/access.ts";
import {
  type Certificate,
  CertificateFiles,
  type CertificateSource,
  GeneratedCertificate,
  renewals,
} from "./certs.ts";
import { openCluster, type RunningCluster } from "./cluster/run.ts";
import type { Config } from "./config/settings.ts";
import { lacksAccessRules } from "./config/rules.ts";
import type { Address } from "./config/values.ts";
import type { HttpOptions } from "./http.ts";
import { requestGate } from "./limits.ts";
import { type Listeners, openListeners } from "./listen/listeners.ts";
import {
  type HandshakeCounts,
  Metrics,
  type ProcessUsage,
  type Surroundings,
} from "./metrics/metrics.ts";
import { processUsage } from "./process_usage.ts";
import { Relay } from "./relay.ts";
import { RELAY_VERSION } from "./version.ts";

/** What a server needs in addition to its settings. */
interface ServerOptions {
  /** Decides who may do what, instead of the settings. */
  readonly authorizer?: Authorizer | undefined;
  /** Whether to listen on loopback if the settings have no address. Default true. */
  readonly opensLoopback?: boolean | undefined;
  /** Where log messages go. */
  readonly log: Logger;
  readonly clock: Clock;
}

const PROTOCOL_NAMES: readonly string[] = [...PROTOCOLS, IN_BAND_ALPN];

/** Starts everything that `config` describes; throws `ConfigError` when something is not available. */
export async function startServer(
  config: Config,
  options: ServerOptions,
): Promise<Server> {
  const { authorizer } = options;
  const access = authorizer
    ? fixedAccess(authorizer)
    : await openAccess(config, options);
  const server = new Server(config, { ...options, access });
  await server.start();
  return server;
}

const NO_HANDSHAKES: HandshakeCounts = {
  underway: 0,
  complete: 0,
  failed: 0,
  ignored: 0,
};

/** A running relay; use {@linkcode startServer}. */
export class Server implements Surroundings {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #access: Access;
  readonly #options: ServerOptions;
  readonly #relay: Relay;
  readonly #stopped = new AbortController();
  readonly #tasks: Promise<void>[] = [];
  #certificate: Certificate | undefined;
  #cluster: RunningCluster | undefined;
  #listeners: Listeners | undefined;

  constructor(
    config: Config,
    options: ServerOptions & { readonly access: Access },
  ) {
    const { log, clock, access } = options;
    this.#config = config;
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#access = access;
    this.#relay = new Relay({
      authorizer: access.authorizer,
      hop: config["cluster.id"],
      lingerMs: config["cluster.linger"],
      warmMs: config["cluster.warm"] || undefined,
      cache: {
        capacityBytes: config["cache.capacity"],
        maxAgeMs: config["cache.duration"],
      },
      limits: {
        sessions: config["limit.sessions"],
        subscriptions: config["limit.subscriptions"],
        announcements: config["limit.announcements"],
        hops: config["cluster.max_hops"],
      },
      setupTimeoutMs: config["listen.timeout"],
      log,
      clock,
    });
  }

  /** Addresses of QUIC and WebTransport. */
  get addresses(): readonly Address[] {
    return this.#listeners?.addresses ?? [];
  }

  /** Addresses of HTTP. */
  get httpAddresses(): readonly Address[] {
    return this.#listeners?.httpAddresses ?? [];
  }

  /** Address of HTTPS, if any. */
  get httpsAddress(): Address | undefined {
    return this.#listeners?.httpsAddress;
  }

  /** SHA-256 of the certificate in use, in hexadecimal. */
  get fingerprint(): string {
    return this.#certificate?.fingerprint ?? "";
  }

  /** All broadcasts, by path. */
  get origin(): Origin {
    return this.#relay.origin;
  }

  /** The current sessions. */
  get sessions(): ReadonlySet<Session> {
    return this.#relay.sessions;
  }

  /** QUIC handshakes of all ports. */
  handshakes(): HandshakeCounts {
    return this.#listeners?.handshakes ?? NO_HANDSHAKES;
  }

  /** What the process uses. */
  usage(): ProcessUsage {
    return processUsage();
  }

  /** Answers a request that another server received from `remote`, `host:port`: HTTP of the relay, or a WebSocket, which becomes a peer. */
  answer(request: Request, remote: string): Promise<Response> {
    if (!this.#listeners) throw new TypeError("The relay is not running");
    return this.#listeners.requests.answer(request, remote);
  }

  /** Use {@linkcode startServer}. */
  async start(): Promise<void> {
    const cluster = await openCluster(this.#config, {
      relay: this.#relay,
      clock: this.#clock,
      log: this.#log,
    });
    this.#cluster = cluster;
    const source = quicCertificate(this.#config);
    const web = webCertificate(this.#config);
    const certificate = await source.current();
    const webCurrent = await web?.current();
    this.#warnOfDates(certificate);
    if (webCurrent) this.#warnOfDates(webCurrent);
    this.#certificate = certificate;
    const listeners = await openListeners(this.#config, {
      certificate,
      webCertificate: webCurrent,
      protocols: PROTOCOL_NAMES,
      http: this.#httpOptions(),
      opensLoopback: this.#options.opensLoopback,
      log: this.#log,
    });
    this.#listeners = listeners;
    this.#tasks.push(
      this.#runAccept(listeners),
      this.#access.run(this.#stopped.signal),
      cluster.run(this.#stopped.signal),
      this.#runRenewals(listeners, { source, first: certificate }),
    );
    if (web && webCurrent) {
      const renewal = { source: web, first: webCurrent };
      this.#tasks.push(this.#runWebRenewals(listeners, renewal));
    }
  }

  /** Asks every peer to move within `drainMs` milliseconds, then closes all sessions and ports; never rejects. */
  async close(drainMs = 0): Promise<void> {
    await this.#relay.drain(drainMs);
    this.#stopped.abort();
    await this.#access.flush();
    await this.#listeners?.close();
    await Promise.all(this.#tasks);
  }

  /** Warns and continues: a wrong date may be the clock's fault. */
  #warnOfDates({ fingerprint, notBefore, expires }: Certificate): void {
    const now = Date.now();
    if (now < notBefore.getTime()) {
      this.#log.warn?.("certificate is not valid yet, check the clock", {
        fingerprint,
        notBefore,
      });
    } else if (now >= expires.getTime()) {
      this.#log.warn?.("certificate has expired, replace its file", {
        fingerprint,
        expires,
      });
    }
  }

  #httpOptions(): HttpOptions {
    // Clients that ask for it go on to connect over QUIC.
    const fingerprint = (): string | undefined =>
      this.addresses.length > 0 ? this.fingerprint : undefined;
    const origins = this.#config["auth.origin"];
    const relay = this.#relay;
    return {
      origin: relay.origin,
      peers: relay.peers,
      sessions: relay.list,
      get isDraining() {
        return relay.isDraining;
      },
      log: this.#log,
      links: this.#cluster?.cluster,
      metrics: new Metrics({
        relay,
        links: this.#cluster?.cluster,
        surroundings: this,
        version: RELAY_VERSION,
        startSeconds: performance.timeOrigin / 1000,
      }),
      authorizer: this.#access.authorizer,
      get fingerprint() {
        return fingerprint();
      },
      localPagesOnly: !this.#options.authorizer &&
        lacksAccessRules(this.#config),
      origins: origins.length > 0 ? origins : undefined,
      gate: requestGate(this.#config),
      fetchTimeoutMs: this.#config["web.fetch_timeout"],
      clock: this.#clock,
    };
  }

  async #runAccept(listeners: Listeners): Promise<void> {
    for await (const incoming of listeners.incoming) {
      void this.#relay.accept(incoming); // never rejects
    }
  }

  async #runRenewals(listeners: Listeners, renewal: Renewal): Promise<void> {
    for await (const certificate of this.#renewals(renewal)) {
      try {
        listeners.reload(certificate);
        this.#warnOfDates(certificate);
        this.#certificate = certificate;
        const { fingerprint, expires } = certificate;
        this.#log.info?.("certificate replaced", { fingerprint, expires });
      } catch (error) {
        this.#log.error?.("certificate not replaced, the last one stays", {
          error,
        });
      }
    }
  }

  async #runWebRenewals(listeners: Listeners, renewal: Renewal): Promise<void> {
    for await (const certificate of this.#renewals(renewal)) {
      try {
        await listeners.reloadHttps(certificate);
        this.#warnOfDates(certificate);
        this.#log.info?.("HTTPS certificate replaced");
      } catch (error) {
        this.#log.error?.(
          "HTTPS certificate not replaced, the last one stays",
          {
            error,
          },
        );
      }
    }
  }

  #renewals({ source, first }: Renewal): AsyncIterable<Certificate> {
    return renewals(source, {
      first,
      clock: this.#clock,
      signal: this.#stopped.signal,
      log: this.#log,
    });
  }
}

interface Renewal {
  readonly source: CertificateSource;
  readonly first: Certificate;
}

const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];

function quicCertificate(config: Config): CertificateSource {
  const cert = config["listen.tls.cert"];
  const key = config["listen.tls.key"];
  if (cert !== undefined && key !== undefined) {
    return new CertificateFiles({ cert, key });
  }
  const names = config["listen.tls.generate"];
  return new GeneratedCertificate({
    names: names.length > 0 ? names : LOCAL_NAMES,
  });
}

function webCertificate(config: Config): CertificateSource | undefined {
  const cert = config["web.https.cert"];
  const key = config["web.https.key"];
  return cert !== undefined && key !== undefined
    ? new CertificateFiles({ cert, key })
    : undefined;
}
